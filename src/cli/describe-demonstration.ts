/** What the demonstration prints: a token, and examples to paste as they stand. */
export function describeDemonstration(
  origin: string,
  token: string,
  franceConnectToken: string | undefined,
): string {
  const authority = new URL(origin).host;
  return `demonstration token: ${token}

Paste any of these:

  curl -s -H 'Authorization: Bearer ${token}' \\
    '${origin}/v1/students/951242368CR?recipient=13002526500013'

  curl -s -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\
    -d '{"birthName":"Autorbb","givenNames":["Lance"],"birthDate":"2005-02-05","sex":"SEX_MALE","recipient":"13002526500013"}' \\
    ${origin}/statutetudiant.lookup.v1.LookupService/LookupByIdentity

  grpcurl -plaintext -H 'authorization: Bearer ${token}' \\
    -d '{"ine":"951242368CR","recipient":"13002526500013"}' \\
    ${authority} statutetudiant.lookup.v1.LookupService/LookupByIne

  TOKEN=${token} npx node docs/examples/node-grpc-client.ts ${authority}
${franceConnectToken === undefined ? "" : describeFranceConnect(origin, franceConnectToken)}
`;
}

function describeFranceConnect(origin: string, token: string): string {
  return `
A user is logged in with FranceConnect (an imitation of it, on this machine). The user's token is the bearer:

  curl -s -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\
    -d '{"recipient":"13002526500013"}' \\
    ${origin}/v1/students:lookupByFranceConnect

  curl -s -H 'Authorization: Bearer ${token}' \\
    '${origin}/v3/mesri/statut_etudiant/france_connect?recipient=13002526500013'
`;
}
