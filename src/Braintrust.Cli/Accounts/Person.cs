using Braintrust.Api;
using Braintrust.Api.Accounts;
using Braintrust.Api.Accounts.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Google.Protobuf;
using Grpc.Core;

namespace Braintrust.Accounts;

/// <summary>Somebody with a wallet and, once signed in, a session.</summary>
public sealed class Person(string name, IEvmSigner signer, ServerLink server)
{
    private const int AttemptsMax = 3;
    private string? _token;

    public string Name => name;
    public Address Address => signer.Address;
    public IEvmSigner Signer => signer;
    public ServerLink Server => server;

    /// <summary>accounts/{ulid}, once signed in.</summary>
    public string Account { get; private set; } = "";

    /// <summary>The session token.</summary>
    public string Token => _token ?? throw new InvalidOperationException($"{name} is not signed in.");

    /// <summary>What carries the session.</summary>
    public Metadata Headers => SessionHeaders.Of(Token);

    /// <summary>Sign-In with Ethereum (EIP-4361). Signs only a message about this wallet on this chain.</summary>
    public async Task SignIn(ulong chainId, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _token = await Session(chainId, ct);
                return;
            }
            catch (RpcException used) when (attempt < AttemptsMax && used.Reason() == ErrorReason.NonceInvalid)
            {
                // The answer to an earlier try was lost with its server, and its nonce with it.
            }
        }
    }

    private async Task<string> Session(ulong chainId, CancellationToken ct)
    {
        var asked = new CreateSignInMessageRequest { Address = Address.ToString(), ChainId = chainId };
        var made = await server.Call(options => server.Accounts.CreateSignInMessageAsync(asked, options), null, ct);
        var lines = made.Message.Split('\n');
        if (lines.Length < 2 || lines[1] != Address.ToString() || !lines.Contains($"Chain ID: {chainId}"))
            throw new VerbFailedException($"The server asks {name} to sign a message that is not about this wallet and chain.");

        var request = new SignInRequest
        {
            Message = made.Message,
            Signature = ByteString.CopyFrom(await signer.Sign(PersonalMessage.Hash(made.Message), ct)),
        };
        var session = await server.Call(options => server.Accounts.SignInAsync(request, options), null, ct);
        Account = session.Account.Name;
        return session.SessionToken;
    }

    /// <summary>A call with the session.</summary>
    public Task<T> Call<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken ct) =>
        server.Call(call, Headers, ct);

    public override string ToString() => name;
}
