// The headers of every page and file, after the list of the OWASP Secure Headers Project
// (https://owasp.org/www-project-secure-headers/).
import type { ReplyHeaders } from "../../request/reply.ts";

/**
 * No script and no style but from our own files; nothing from another host; nobody puts our pages into a frame.
 * `formTarget` is the one other origin to which a form may lead, since browsers look at where it is redirected to.
 */
function contentSecurityPolicy(formTarget: string | undefined): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    `form-action 'self'${formTarget === undefined ? "" : ` ${formTarget}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

const powers =
  "accelerometer autoplay camera display-capture encrypted-media fullscreen geolocation gyroscope magnetometer microphone midi payment picture-in-picture publickey-credentials-get screen-wake-lock usb xr-spatial-tracking";

const headers: Readonly<ReplyHeaders> = {
  "x-frame-options": "deny",
  "x-content-type-options": "nosniff",
  "x-permitted-cross-domain-policies": "none",
  "x-dns-prefetch-control": "off",
  // Not `no-referrer`: browsers would then send `Origin: null` with our own forms (Fetch, 3.1).
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": powers
    .split(" ")
    .map((power) => `${power}=()`)
    .join(", "),
};

/** `isSecure`: browsers reach this service over TLS, and shall do so only, for a year. */
export function securityHeaders(isSecure: boolean, formTarget?: string): ReplyHeaders {
  const all = { ...headers, "content-security-policy": contentSecurityPolicy(formTarget) };
  if (!isSecure) return all;
  return { ...all, "strict-transport-security": "max-age=31536000; includeSubDomains" };
}
