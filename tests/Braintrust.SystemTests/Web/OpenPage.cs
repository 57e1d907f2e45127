using System.Text.Json;
using Braintrust.Testing;

namespace Braintrust.Web;

/// <summary>A page in a headless Chromium of its own.</summary>
public sealed class OpenPage : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("braintrust-page-");
    private GuardedProcess? _browser;

    /// <summary>Everything it told: a line for each text, and for each error.</summary>
    public string Log => _browser?.Log ?? "";

    public static async Task<OpenPage> Open(string folder, string pathAndQuery)
    {
        var page = new OpenPage();
        var run = $"cd '{folder}' && exec node browser.mjs \"$0\"";
        page._browser = await GuardedProcess.Start("sh", ["-c", run, pathAndQuery], Path.Combine(page._folder.FullName, "log"));
        return page;
    }

    /// <summary>Waits until the page's text matches; answers that text.</summary>
    /// <exception cref="TimeoutException">It did not in time; the message holds everything the page told.</exception>
    public async Task<string> Shows(string pattern)
    {
        var match = await _browser!.WaitFor($"^text (.*(?:{pattern}).*)$", WebFixture.Patience);
        return JsonSerializer.Deserialize<string>(match.Groups[1].Value)!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
