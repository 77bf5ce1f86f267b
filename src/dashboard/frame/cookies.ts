// Cookies. Their names start with `__Host-`: a browser takes them over TLS only, from this very host, and no sibling
// domain can set them (RFC 6265bis, 4.1.3.2). On `http://127.0.0.1` and `http://localhost`, which browsers trust like
// TLS, Chromium and Firefox take them too; Safari does not, and needs TLS in development as well.

const prefix = "__Host-";
const maxCookies = 50;

/** The cookies of a request that are ours, by name without prefix. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? "").split(";", maxCookies)) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, Math.max(0, equals)).trim();
    if (name.startsWith(prefix)) cookies.set(name.slice(prefix.length), pair.slice(equals + 1).trim());
  }
  return cookies;
}

/**
 * A `Set-Cookie` header. Scripts cannot read the cookie, and requests that other sites cause do not carry it, but for
 * plain links. Without `maxAgeSeconds` it ends with the browser.
 */
export function writeCookie(name: string, value: string, maxAgeSeconds?: number): string {
  const age = maxAgeSeconds === undefined ? "" : `; Max-Age=${maxAgeSeconds}`;
  return `${prefix}${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`;
}

/** A `Set-Cookie` header that takes a cookie away. */
export function dropCookie(name: string): string {
  return writeCookie(name, "", 0);
}
