using Braintrust.Storage;

namespace Braintrust.Chain;

internal sealed class ContractRegistry(IDatabase database) : IContractRegistry
{
    /// <summary>Every table that tells of a chain: all are keyed by it.</summary>
    internal static readonly string[] ChainTables =
    [
        "chain_subject", "chain_fact", "chain_rewind", "chain_resume", "chain_header", "chain_cursor", "chain_contract", "chain_backfill",
        "sent", "projection", .. ProjectionTables.All.Select(table => table.Name),
    ];

    public async ValueTask<IReadOnlyList<RegisteredContract>> Read(ulong chain, CancellationToken ct) =>
        await database.Read(
            db => db.Query(
                "SELECT address, kind, from_block, code_hash FROM chain_contract WHERE chain = @chain ORDER BY address",
                row => new RegisteredContract(
                    chain, new Address(row.GetFieldValue<byte[]>(0)), row.GetString(1), (ulong)row.GetInt64(2),
                    new Hash32(row.GetFieldValue<byte[]>(3))),
                ("@chain", (long)chain)),
            ct);

    public async ValueTask Register(RegisteredContract contract, CancellationToken ct)
    {
        await database.Write(
            Lane.Interactive,
            async db =>
            {
                await ChainLedger.Lock(db, contract.Chain);
                return await Insert(db, contract) == 1 ? await InsertBackfill(db, contract) : 0;
            },
            ct);
        var stored = (await Read(contract.Chain, ct)).Single(c => c.Address == contract.Address);
        if (stored != contract)
            throw new InvalidOperationException(
                $"{contract.Address} on chain {contract.Chain} is registered as {stored.Kind} from block "
                + $"{stored.FromBlock} with code {stored.CodeHash}, not as {contract.Kind} from {contract.FromBlock} "
                + $"with {contract.CodeHash}.");
    }

    public async ValueTask<IReadOnlyList<Backfill>> ReadBackfills(ulong chain, CancellationToken ct) =>
        await database.Read(
            db => db.Query(
                "SELECT address, next_block FROM chain_backfill WHERE chain = @chain ORDER BY address",
                row => new Backfill(new Address(row.GetFieldValue<byte[]>(0)), (ulong)row.GetInt64(1)),
                ("@chain", (long)chain)),
            ct);

    public async ValueTask Forget(ulong chain, CancellationToken ct) =>
        await database.Write(
            Lane.Bulk,
            async db =>
            {
                var rows = 0;
                foreach (var table in ChainTables)
                    rows += await db.Execute($"DELETE FROM {table} WHERE chain = @chain", ("@chain", (long)chain));
                return rows;
            },
            ct);

    private static ValueTask<int> Insert(DbSession db, RegisteredContract contract) => db.Execute(
        """
        INSERT INTO chain_contract (chain, address, kind, from_block, code_hash)
        VALUES (@chain, @address, @kind, @from, @code) ON CONFLICT (chain, address) DO NOTHING
        """,
        ("@chain", (long)contract.Chain), ("@address", contract.Address.ToBytes()), ("@kind", contract.Kind),
        ("@from", (long)contract.FromBlock), ("@code", contract.CodeHash.ToBytes()));

    /// <summary>Nothing when the chain was not read as far as the contract's first block.</summary>
    private static ValueTask<int> InsertBackfill(DbSession db, RegisteredContract contract) => db.Execute(
        """
        INSERT INTO chain_backfill (chain, address, next_block)
        SELECT chain, @address, @from FROM chain_cursor
        WHERE chain = @chain AND head_hash <> @zero AND head_no >= @from
        """,
        ("@address", contract.Address.ToBytes()), ("@from", (long)contract.FromBlock), ("@chain", (long)contract.Chain),
        ("@zero", new byte[Hash32.Length]));
}
