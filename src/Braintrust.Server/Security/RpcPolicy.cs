using System.Collections.Frozen;

namespace Braintrust.Security;

/// <summary>Who may call.</summary>
public enum Access
{
    /// <summary>Everybody, limited by address.</summary>
    Anonymous = 1,

    /// <summary>Whoever carries a living session, limited by account. The grain decides what that account may touch.</summary>
    SignedIn = 2,
}

/// <summary>Which rate a call draws from.</summary>
public enum Rate
{
    /// <summary>Calls that cost a read.</summary>
    Ordinary = 1,

    /// <summary>Calls that store something for a stranger or check a signature.</summary>
    SignIn = 2,
}

/// <param name="Mutates">Changes something: carries a request_id, or is repeatable by its nature.</param>
public sealed record RpcRule(Access Access, Rate Rate, bool Mutates = false);

/// <summary>
/// The rule of every RPC, in one table. A method that is not here is refused; a test holds this table against all
/// methods that are served.
/// </summary>
public static class RpcPolicy
{
    private static readonly RpcRule Open = new(Access.Anonymous, Rate.Ordinary);
    private static readonly RpcRule Read = new(Access.SignedIn, Rate.Ordinary);
    private static readonly RpcRule Write = new(Access.SignedIn, Rate.Ordinary, Mutates: true);
    private static readonly RpcRule SignIn = new(Access.Anonymous, Rate.SignIn, Mutates: true);

    /// <summary>By full method name, "/package.Service/Method".</summary>
    public static readonly FrozenDictionary<string, RpcRule> Rules = new Dictionary<string, RpcRule>
    {
        ["/braintrust.server.v1.ServerService/GetServerInfo"] = Open,

        ["/braintrust.accounts.v1.AccountsService/CreateSignInMessage"] = SignIn,
        ["/braintrust.accounts.v1.AccountsService/SignIn"] = SignIn,
        ["/braintrust.accounts.v1.AccountsService/SignOut"] = Write,
        ["/braintrust.accounts.v1.AccountsService/GetAccount"] = Read,
        ["/braintrust.accounts.v1.AccountsService/LinkWallet"] = Write,
        ["/braintrust.accounts.v1.AccountsService/UnlinkWallet"] = Write,

        ["/braintrust.accounts.v1.OrganisationsService/CreateOrganisation"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/GetOrganisation"] = Read,
        ["/braintrust.accounts.v1.OrganisationsService/UpdateOrganisation"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/InviteMember"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/AcceptInvitation"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/DeclineInvitation"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/ChangeMemberRoles"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/RemoveMember"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/AddPayerWallet"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/RemovePayerWallet"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/SetApprovalLimit"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/RequestApproval"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/ApprovePayment"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/DeclinePayment"] = Write,
        ["/braintrust.accounts.v1.OrganisationsService/ListOrganisations"] = Read,
        ["/braintrust.accounts.v1.OrganisationsService/ListMembers"] = Read,
        ["/braintrust.accounts.v1.OrganisationsService/ListApprovals"] = Read,

        ["/braintrust.chain.v1.ChainService/GetChain"] = Open,
        ["/braintrust.chain.v1.ChainService/ListChains"] = Open,
        ["/braintrust.chain.v1.ChainService/SubmitTransaction"] = Write,
        ["/braintrust.chain.v1.ChainService/FollowTransaction"] = Write,
        ["/braintrust.chain.v1.ChainService/GetOperation"] = Read,

        ["/braintrust.documents.v1.DocumentsService/PutDocument"] = Write,
        ["/braintrust.documents.v1.DocumentsService/DetachDocument"] = Write,
        ["/braintrust.documents.v1.DocumentsService/GetDocument"] = Read,
        ["/braintrust.documents.v1.DocumentsService/ListDocuments"] = Read,
        ["/braintrust.documents.v1.ThreadsService/GetThread"] = Read,
        ["/braintrust.documents.v1.ThreadsService/PostMessage"] = Write,
        ["/braintrust.documents.v1.ThreadsService/ListMessages"] = Read,

        ["/braintrust.escrow.v1.EscrowService/PrepareTerms"] = Read,
        ["/braintrust.escrow.v1.EscrowService/OfferTerms"] = Write,
        ["/braintrust.escrow.v1.EscrowService/GetAgreement"] = Read,
        ["/braintrust.escrow.v1.EscrowService/ListAgreements"] = Read,
        ["/braintrust.escrow.v1.EscrowService/ListCredits"] = Read,
        ["/braintrust.escrow.v1.EscrowService/ListTotals"] = Open,
        ["/braintrust.escrow.v1.EscrowService/PrepareMove"] = Read,
        ["/braintrust.escrow.v1.EscrowService/RelayMove"] = Write,
        ["/braintrust.escrow.v1.EscrowService/OfferMove"] = Write,
        ["/braintrust.escrow.v1.EscrowService/WithdrawMoveOffer"] = Write,

        ["/braintrust.disputes.v1.DisputeService/GetDispute"] = Read,
        ["/braintrust.disputes.v1.DisputeService/ListDisputes"] = Read,
        ["/braintrust.disputes.v1.DisputeService/PreviewRuling"] = Read,
        ["/braintrust.disputes.v1.DisputeService/PrepareDisputeMove"] = Read,
        ["/braintrust.disputes.v1.DisputeService/GetArbiter"] = Read,
        ["/braintrust.disputes.v1.DisputeService/ListArbiters"] = Read,
        ["/braintrust.disputes.v1.DisputeService/ListSeats"] = Read,
        ["/braintrust.disputes.v1.DisputeService/PrepareArbiterMove"] = Read,
        ["/braintrust.disputes.v1.DisputeService/ListDueMoves"] = Read,

        ["/braintrust.jobs.v1.JobsService/CreateJob"] = Write,
        ["/braintrust.jobs.v1.JobsService/GetJob"] = Read,
        ["/braintrust.jobs.v1.JobsService/UpdateJob"] = Write,
        ["/braintrust.jobs.v1.JobsService/PostJob"] = Write,
        ["/braintrust.jobs.v1.JobsService/ReviewJob"] = Write,
        ["/braintrust.jobs.v1.JobsService/CloseJob"] = Write,
        ["/braintrust.jobs.v1.JobsService/ListJobs"] = Read,
        ["/braintrust.jobs.v1.JobsService/PlaceBid"] = Write,
        ["/braintrust.jobs.v1.JobsService/GetBid"] = Read,
        ["/braintrust.jobs.v1.JobsService/WithdrawBid"] = Write,
        ["/braintrust.jobs.v1.JobsService/ShortlistBid"] = Write,
        ["/braintrust.jobs.v1.JobsService/DeclineBid"] = Write,
        ["/braintrust.jobs.v1.JobsService/ListBids"] = Read,
        ["/braintrust.jobs.v1.JobsService/ListMyBids"] = Read,
        ["/braintrust.jobs.v1.JobsService/CompareBids"] = Read,
        ["/braintrust.jobs.v1.JobsService/InviteTalent"] = Write,
        ["/braintrust.jobs.v1.JobsService/DeclineInvitation"] = Write,
        ["/braintrust.jobs.v1.JobsService/ListInvitations"] = Read,
        ["/braintrust.jobs.v1.JobsService/AskQuestion"] = Write,
        ["/braintrust.jobs.v1.JobsService/AnswerQuestion"] = Write,
        ["/braintrust.jobs.v1.JobsService/ListQuestions"] = Read,

        ["/braintrust.jobs.v1.NegotiationsService/OpenNegotiation"] = Write,
        ["/braintrust.jobs.v1.NegotiationsService/CounterOffer"] = Write,
        ["/braintrust.jobs.v1.NegotiationsService/AcceptOffer"] = Write,
        ["/braintrust.jobs.v1.NegotiationsService/WithdrawNegotiation"] = Write,
        ["/braintrust.jobs.v1.NegotiationsService/PrepareSigning"] = Read,
        ["/braintrust.jobs.v1.NegotiationsService/SignOffer"] = Write,
        ["/braintrust.jobs.v1.NegotiationsService/GetNegotiation"] = Read,
        ["/braintrust.jobs.v1.NegotiationsService/ListNegotiations"] = Read,

        ["/braintrust.talent.v1.TalentService/GetProfile"] = Read,
        ["/braintrust.talent.v1.TalentService/UpdateProfile"] = Write,
        ["/braintrust.talent.v1.TalentService/ListTalents"] = Read,

        ["/braintrust.governance.v1.GovernanceService/GetPolicy"] = Open,
        ["/braintrust.governance.v1.GovernanceService/GetPolicyVersion"] = Open,
        ["/braintrust.governance.v1.GovernanceService/ListPaymentTokens"] = Open,
        ["/braintrust.governance.v1.GovernanceService/ListOfficialAddresses"] = Open,
        ["/braintrust.governance.v1.GovernanceService/ListContracts"] = Open,

        ["/braintrust.reputation.v1.ReputationService/GetReputation"] = Open,
        ["/braintrust.reputation.v1.ReputationService/ListReputationTerms"] = Open,
        ["/braintrust.reputation.v1.ReputationService/ExportReputation"] = Open,
        ["/braintrust.reputation.v1.ReviewService/PrepareReview"] = Read,
        ["/braintrust.reputation.v1.ReviewService/SubmitReview"] = Write,
        ["/braintrust.reputation.v1.ReviewService/GetReview"] = Read,
        ["/braintrust.reputation.v1.ReviewService/ListReviews"] = Open,
        ["/braintrust.reputation.v1.CredentialService/ListCredentials"] = Open,
        ["/braintrust.reputation.v1.CredentialService/PrepareClaim"] = Read,
        ["/braintrust.reputation.v1.CredentialService/PrepareRenounce"] = Read,

        ["/braintrust.watch.v1.WatchService/Watch"] = Read,

        ["/grpc.health.v1.Health/Check"] = Open,
        ["/grpc.health.v1.Health/Watch"] = Open,
        ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] = Open,
        ["/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"] = Open,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Full names of the services of our protos.</summary>
    public static IEnumerable<string> Services => Rules.Keys
        .Where(method => method.StartsWith("/braintrust.", StringComparison.Ordinal))
        .Select(method => method[1..method.LastIndexOf('/')]).Distinct();

    public static RpcRule? Find(string method) => Rules.GetValueOrDefault(method);
}
