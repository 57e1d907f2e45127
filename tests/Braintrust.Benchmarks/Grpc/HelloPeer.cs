using System.CommandLine;
using System.Diagnostics;
using System.Net;
using Braintrust.Benchmarks.Hello.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Benchmarks;

/// <summary>
/// The peer: a bare grpc-dotnet server in a process of its own, as ours is. It ends when its standard input does, so also
/// with this process.
/// </summary>
internal sealed class HelloPeer : IAsyncDisposable
{
    private const string Verb = "hello-peer";

    private readonly Process _process;

    private HelloPeer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public int ProcessId => _process.Id;

    public static void AddTo(Command root)
    {
        var serve = new Command(Verb, "Serves the bare peer until standard input ends.") { Hidden = true };
        serve.SetAction((_, _) => Serve());
        root.Add(serve);
    }

    public static async Task<HelloPeer> Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(HelloPeer).Assembly.Location);
        start.ArgumentList.Add(Verb);
        var process = Process.Start(start)!;
        var address = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The peer did not start.");
        return new HelloPeer(process, new Uri(address));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task Serve()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var server = builder.Build();
        server.MapGrpcService<HelloService>();
        await server.StartAsync();
        Console.WriteLine(server.Urls.Single());
        await Console.In.ReadToEndAsync();
    }

    private sealed class HelloService : Hello.V1.HelloService.HelloServiceBase
    {
        public override Task<SayHelloResponse> SayHello(SayHelloRequest request, ServerCallContext context) =>
            Task.FromResult(new SayHelloResponse { Message = "Hello " + request.Name });
    }
}
