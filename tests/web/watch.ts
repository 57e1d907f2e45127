import { toJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { AccountsService } from "./gen/braintrust/accounts/v1/accounts_pb";
import { ChainService } from "./gen/braintrust/chain/v1/chain_pb";
import { UpdateSchema, WatchService, type Update } from "./gen/braintrust/watch/v1/watch_pb";
import { ErrorInfoSchema } from "./gen/google/rpc/error_details_pb";

const query = new URLSearchParams(location.search);
const transport = createGrpcWebTransport({ baseUrl: query.get("server") ?? "http://localhost:8080" });
const accounts = createClient(AccountsService, transport);
const [chain] = (await createClient(ChainService, transport).listChains({})).chains;

// A browser's wallet (EIP-1193); without one the development node, which signs for its well-known accounts.
type Wallet = { request(call: { method: string; params?: unknown[] }): Promise<any> };
const wallet: Wallet = (window as { ethereum?: Wallet }).ethereum ?? { request: askNode };

// Sign-In with Ethereum: the server writes the message, the wallet signs it, the session token comes back.
const [address] = await wallet.request({ method: "eth_accounts" });
const { message } = await accounts.createSignInMessage({ address, chainId: chain.chainId });
const signed: string = await wallet.request({ method: "personal_sign", params: [hex(message), address] });
const signature = Uint8Array.from(signed.slice(2).match(/../g)!, (byte) => parseInt(byte, 16));
const { sessionToken, account } = await accounts.signIn({ message, signature });
const headers = { authorization: `Bearer ${sessionToken}` };

// One stream for all subjects. After a break it goes on where it was: what did not change is not sent again.
const subjects = query.has("watch") ? query.getAll("watch") : ["accounts/me", chain.name];
for (let resumeToken = ""; ; await new Promise((resolve) => setTimeout(resolve, 1000))) {
  try {
    for await (const message of createClient(WatchService, transport).watch({ subjects, resumeToken }, { headers })) {
      resumeToken = message.resumeToken || resumeToken;
      if (message.event.case === "update") show(message.event.value);
      if (message.event.case === "snapshotDone") tell(`${account!.name} watches ${subjects.join(", ")}`);
    }
  } catch (error) {
    const broken = ConnectError.from(error);
    tell(broken.findDetails(ErrorInfoSchema)[0]?.reason ?? broken.message);
    if (![Code.Unavailable, Code.Unknown].includes(broken.code)) throw error;
  }
}

function show(update: Update) {
  const seen = document.getElementById(update.subject) ?? document.querySelector("main")!.appendChild(document.createElement("pre"));
  seen.id = update.subject;
  seen.textContent = toJsonString(UpdateSchema, update, { prettySpaces: 2 });
}
function tell(text: string) {
  document.getElementById("state")!.textContent = text;
}
function hex(text: string) {
  return "0x" + Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
async function askNode(call: { method: string; params?: unknown[] }) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, params: [], ...call });
  const answer = await fetch(chain.publicRpcUrl, { method: "POST", headers: { "content-type": "application/json" }, body });
  return (await answer.json()).result;
}
