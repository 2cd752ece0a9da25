#!/bin/sh
# A client of the Xinzheng API in sh, with curl and jq.
#   client.sh report SERVICE FOLDER   asks for a report about the subject of the client's token and keeps it in FOLDER;
#                                     CLIENT_ID and CLIENT_SECRET are the identity provider's
#   client.sh verify SERVICE FOLDER   says of each PDF in FOLDER how it stands; the files stay where they are
set -eu
ask() { curl -sS --fail-with-body "$@"; }
service=$2 folder=$3

if [ "$1" = report ]; then
    discovery=$(ask "$service/openapi.json" | jq -r .components.securitySchemes.openId.openIdConnectUrl)
    token=$(ask "$(ask "$discovery" | jq -r .token_endpoint)" -d grant_type=client_credentials \
        --data-urlencode "client_id=$CLIENT_ID" --data-urlencode "client_secret=$CLIENT_SECRET" | jq -r .access_token)
    report=$(ask "$service/reports" -H "authorization: Bearer $token" -H 'content-type: application/json' \
        -H "idempotency-key: $(date +%s)-$$" -d '{"purpose": "financial"}')
    ask "$(echo "$report" | jq -r .download.url)" -o "$folder/$(echo "$report" | jq -r .number).pdf"
    ask "$service/verify/$(echo "$report" | jq -r .code)" | jq -r '"\(.number)\t\(.status)\t\(.subject.name)"'
    exit
fi

refused=0 found=0
for file in "$folder"/*; do
    # What is a PDF is told by its bytes, not by its name.
    [ -f "$file" ] && head -c 1024 "$file" | grep -aq %PDF- || continue
    found=1
    answer=$(curl -sS "$service/verify?sha256=$(sha256sum "$file" | cut -c 1-64)" -H 'accept: application/json')
    # A sample is no report; a problem has its type in the place of a status that counts.
    standing=$(echo "$answer" | jq -r 'if .sample then "sample" elif .code then .status else .type end')
    [ "$standing" = valid ] || refused=1
    printf '%s\t%s\n' "${file##*/}" "$standing"
done
[ $found = 1 ] || { echo "there is no PDF in $folder" >&2; exit 1; }
exit $refused
