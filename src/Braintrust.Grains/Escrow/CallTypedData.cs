using System.Numerics;
using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>A call's form as a wallet shows and signs it. Source: EIP-712; the types are those of TypedCalls.</summary>
public static class CallTypedData
{
    public static TypedData Of(CallForm form, ulong chainId, Address contract)
    {
        var types = new Dictionary<string, IReadOnlyList<TypedDataField>> { [form.Name] = TypedData.Fields(form.Declaration) };
        if (form.HoldsTerms) types[nameof(Terms)] = TermsTypedData.Fields;
        return new TypedData(
            types, form.Name, TermsTypedData.Domain(chainId, contract),
            form.Fields.ToDictionary(field => field.Name, field => Value(field.Value)));
    }

    private static object Value(object value) => value is Terms terms ? TermsTypedData.Message(terms) : value;
}
