namespace Braintrust.Jobs;

/// <summary>Questions about a job, which all who see it can read with their answers.</summary>
public static class QuestionRules
{
    public static Outcome<JobState> Ask(JobState job, Question question)
    {
        if (!BidRules.Sees(job, question.Asker)) return JobRules.NoJob;
        if (job.Phase != JobPhase.Open) return new Refusal(RefusalCode.WrongState, "The job is not open.");
        if (!Texts.IsProse(question.Text, 1, Question.LengthMax))
            return new Refusal(RefusalCode.InvalidArgument, $"A question has 1 to {Question.LengthMax} characters.", "text");
        if (job.Questions.Values.Count(other => other.Asker == question.Asker && other.AnsweredAt is null) >= Question.OpenPerPersonMax)
            return new Refusal(RefusalCode.LimitReached, $"{Question.OpenPerPersonMax} of your questions wait for an answer.");
        if (job.Questions.Count >= JobState.QuestionsMax)
            return new Refusal(RefusalCode.LimitReached, $"A job has at most {JobState.QuestionsMax} questions.");
        return Changed(job, question);
    }

    public static Outcome<JobState> Answer(JobState job, string question, string answer, DateTimeOffset now)
    {
        if (!job.Questions.TryGetValue(question, out var asked))
            return new Refusal(RefusalCode.NotFound, "There is no such question.");
        if (asked.AnsweredAt is not null) return new Refusal(RefusalCode.WrongState, "The question was answered.");
        if (!Texts.IsProse(answer, 1, Question.LengthMax))
            return new Refusal(RefusalCode.InvalidArgument, $"An answer has 1 to {Question.LengthMax} characters.", "answer");
        return Changed(job, asked with { Answer = answer, AnsweredAt = now });
    }

    private static JobState Changed(JobState job, Question question) => job with
    {
        Version = job.Version + 1, Questions = job.Questions.SetItem(question.Id, question),
    };
}
