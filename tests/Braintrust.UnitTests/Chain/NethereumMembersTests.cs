using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Braintrust.Chain;

/// <summary>
/// The default build leaves the port over Nethereum out, so here its source is compiled on every run: against this port
/// as it is, and against declarations of the members that its first file lists and no others. What Nethereum does behind
/// them is told only by a build with the packages.
/// </summary>
public sealed class NethereumMembersTests
{
    /// <summary>Of Nethereum 6, as its packages declare them.</summary>
    private const string Members = """
        #nullable disable
        namespace Nethereum.Hex.HexTypes
        {
            public class HexBigInteger { public System.Numerics.BigInteger Value { get; set; } }
        }
        namespace Nethereum.JsonRpc.Client
        {
            public interface IClient { Task<T> SendRequestAsync<T>(string method, string route = null, params object[] paramList); }
            public class RpcClient : IClient
            {
                public RpcClient(Uri baseUrl, object optional = null) { }
                public Task<T> SendRequestAsync<T>(string method, string route = null, params object[] paramList) => null;
            }
            public class RpcError { public int Code { get; } public string Message { get; } public object Data { get; } }
            public class RpcResponseException : Exception { public RpcError RpcError { get; } }
            public class RpcClientUnknownException : Exception { }
            public class RpcClientTimeoutException : Exception { }
        }
        namespace Nethereum.RPC.Eth.DTOs
        {
            using Nethereum.Hex.HexTypes;
            public class BlockWithTransactionHashes
            {
                public HexBigInteger Number { get; set; } public string BlockHash { get; set; }
                public string ParentHash { get; set; } public HexBigInteger Timestamp { get; set; }
            }
            public class FilterLog
            {
                public string Address { get; set; } public object[] Topics { get; set; } public string Data { get; set; }
                public HexBigInteger BlockNumber { get; set; } public string BlockHash { get; set; }
                public string TransactionHash { get; set; } public HexBigInteger LogIndex { get; set; } public bool Removed { get; set; }
            }
            public class TransactionReceipt
            {
                public string TransactionHash { get; set; } public HexBigInteger BlockNumber { get; set; } public string BlockHash { get; set; }
                public HexBigInteger Status { get; set; } public string From { get; set; } public string To { get; set; }
                public HexBigInteger GasUsed { get; set; } public string ContractAddress { get; set; }
            }
            public class FeeHistoryResult { public HexBigInteger[] BaseFeePerGas { get; set; } public HexBigInteger[][] Reward { get; set; } }
            public class Transaction { }
        }
        namespace Nethereum.Web3
        {
            using Nethereum.JsonRpc.Client;
            public class Web3 { public Web3(IClient client) { } public IClient Client { get; } }
        }
        namespace Nethereum.Signer
        {
            public class EthECDSASignature { public byte[] R { get; } public byte[] S { get; } public byte[] V { get; } }
            public class EthECKey
            {
                public EthECKey(byte[] vch, bool isPrivate) { }
                public string GetPublicAddress() => null;
                public EthECDSASignature SignAndCalculateV(byte[] hash) => null;
            }
        }
        """;

    private const string Usings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    [Fact]
    public void The_port_over_Nethereum_compiles_against_the_members_that_it_lists() => Assert.Empty(Errors(Members));

    [Fact]
    public void A_member_that_is_not_listed_would_be_noticed() =>
        Assert.Contains(Errors(Members.Replace("ParentHash", "Parent")), error => error.Id == "CS1061");

    private static IEnumerable<Diagnostic> Errors(string members)
    {
        var sources = Directory.GetFiles(RepositoryRoot.File("src", "Braintrust.Chain.Nethereum", "Chain"), "*.cs");
        Assert.NotEmpty(sources);
        var trees = sources.Select(File.ReadAllText).Append(members).Append(Usings)
            .Select(text => CSharpSyntaxTree.ParseText(text, CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest)));
        var known = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        // The project's own name: internals of the port's assembly are open to it.
        var compilation = CSharpCompilation.Create(
            "Braintrust.Chain.Nethereum", trees, known,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return compilation.GetDiagnostics().Where(one => one.Severity == DiagnosticSeverity.Error || one.Id.StartsWith("CS86", StringComparison.Ordinal));
    }
}
