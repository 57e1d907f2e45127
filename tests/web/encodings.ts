// Makes the calls that stand behind # over gRPC-Web and writes what came back: answers, and errors with the bytes of
// their details. What the calls are, the server's own description says.
import {
  createFileRegistry, fromBinary, fromJson, toJson,
  type DescMessage, type DescMethodServerStreaming, type DescMethodUnary, type JsonValue, type Message,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

type Call = { service: string; method: string; request: JsonValue; signedIn: boolean };

const query = new URLSearchParams(location.search);
const server = query.get("server")!;
const described = new Uint8Array(await (await fetch(`${server}/braintrust.binpb`)).arrayBuffer());
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, described));
const transport = createGrpcWebTransport({ baseUrl: server });
const calls: Call[] = JSON.parse(decodeURIComponent(location.hash.slice(1)));

const told: unknown[] = [];
for (const call of calls) told.push(await make(call).catch(refusal));
document.querySelector("pre")!.textContent = JSON.stringify(told);

async function make(call: Call) {
  const method = registry.getService(call.service)!.methods.find((one) => one.name === call.method)!;
  const headers = call.signedIn ? { authorization: `Bearer ${query.get("token")}` } : undefined;
  const request = fromJson(method.input, call.request, { registry });
  if (method.methodKind === "unary") {
    const { message } = await transport.unary(method as DescMethodUnary, undefined, undefined, headers, request);
    return answer(method.output, message);
  }
  const end = new AbortController();
  const one = (async function* () { yield request; })();
  const stream = await transport.stream(method as DescMethodServerStreaming, end.signal, undefined, headers, one);
  for await (const message of stream.message) {
    const first = answer(method.output, message);
    // Heartbeats and markers come at a time of their own.
    if (!("update" in (first.answer as object))) continue;
    end.abort();
    return first;
  }
  throw new Error(`${call.method} ended without an update.`);
}

function answer(schema: DescMessage, message: Message) {
  return { answer: toJson(schema, message, { registry }) };
}

function refusal(thrown: unknown) {
  const error = ConnectError.from(thrown);
  const details = error.details.map((detail) => {
    if (!("type" in detail)) throw new Error("A detail that did not come from the server.");
    return { type: detail.type, value: btoa(String.fromCharCode(...detail.value)) };
  });
  return { code: error.code, message: error.rawMessage, details };
}
