# The images of docker-compose.yml: server, cli (the braintrust tool) and anvil (the development chain). None runs as root.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props global.json .editorconfig ./
COPY protos protos
COPY contracts/artifacts contracts/artifacts
COPY contracts/audits.json contracts/audits.json
COPY src src
RUN dotnet publish src/Braintrust.Server -c Release -o /out/server --nologo \
 && dotnet publish src/Braintrust.Cli -c Release -o /out/cli --nologo

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS server
WORKDIR /app
COPY --from=build /out/server .
# The image has no curl: bash asks /readyz by itself.
COPY --chmod=755 <<'HEALTHY' healthy
#!/usr/bin/env bash
exec 3<>"/dev/tcp/127.0.0.1/${BRAINTRUST__Listen__HttpPort:-8080}" || exit 1
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
HEALTHY
USER $APP_UID
EXPOSE 8080 8081 11111 30000
ENTRYPOINT ["dotnet", "Braintrust.Server.dll"]

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS cli
WORKDIR /app
COPY --from=build /out/cli .
# A new volume takes its owner from the image.
RUN mkdir /deployment && chown "$APP_UID" /deployment
USER $APP_UID
ENTRYPOINT ["dotnet", "braintrust.dll"]

FROM node:20-slim AS anvil
WORKDIR /anvil
COPY contracts/tools/foundry/package.json contracts/tools/foundry/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund && mkdir /chain && chown node /chain
COPY <<'HEALTHY' healthy.mjs
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
const answer = await fetch('http://127.0.0.1:8545', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
process.exit(answer.ok ? 0 : 1);
HEALTHY
USER node
EXPOSE 8545
# The package for this machine's processor is the only one that npm installed.
ENTRYPOINT ["sh", "-c", "exec node_modules/@foundry-rs/anvil-linux-*/bin/anvil --host 0.0.0.0 --port 8545 --state /chain/anvil.json \"$@\"", "anvil"]
