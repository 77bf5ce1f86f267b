// Header fields that both sides know from the start (RFC 7541, appendix A).

/** Names and values in turn; the first one has the index 1. */
const listing = `
:authority
:method=GET
:method=POST
:path=/
:path=/index.html
:scheme=http
:scheme=https
:status=200
:status=204
:status=206
:status=304
:status=400
:status=404
:status=500
accept-charset
accept-encoding=gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** By index less one. */
export const staticFields: readonly HeaderField[] = listing
  .trim()
  .split("\n")
  .map((line) => {
    const [name = "", value = ""] = line.split("=");
    return { name, value };
  });

/** The first index of a name. */
export const staticNames: ReadonlyMap<string, number> = new Map(
  staticFields.map(({ name }, index) => [name, index + 1] as const).reverse(),
);

/** Index of the fields that have a value. */
export const staticValues: ReadonlyMap<string, number> = new Map(
  staticFields.flatMap(({ name, value }, index) => (value === "" ? [] : [[`${name} ${value}`, index + 1]])),
);

/** What an entry of a table counts beside its text, in bytes (RFC 7541, 4.1). */
export const entryOverheadBytes = 32;
