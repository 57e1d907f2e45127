// Makes calls over gRPC-Web and writes what came back: the answer, and two errors with the bytes of their details.
import { toJson } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ChainService, GetOperationResponseSchema } from "./gen/braintrust/chain/v1/chain_pb";

const query = new URLSearchParams(location.search);
const chains = createClient(ChainService, createGrpcWebTransport({ baseUrl: query.get("server")! }));
const headers = { authorization: `Bearer ${query.get("token")}` };

const answer = await chains.getOperation({ name: query.get("name")! }, { headers });
const results = {
  answer: toJson(GetOperationResponseSchema, answer),
  missing: await refused(chains.getChain({ name: "chains/1" })),
  malformed: await refused(chains.followTransaction({ requestId: "no uuid" }, { headers })),
  unsigned: await refused(chains.getOperation({ name: query.get("name")! })),
};
document.querySelector("pre")!.textContent = JSON.stringify(results);

async function refused(call: Promise<unknown>) {
  const error = await call.then(() => undefined, (thrown: unknown) => ConnectError.from(thrown));
  const details = error!.details.map((detail) => {
    if (!("type" in detail)) throw new Error("A detail that did not come from the server.");
    return { type: detail.type, value: btoa(String.fromCharCode(...detail.value)) };
  });
  return { code: error!.code, message: error!.rawMessage, details };
}
