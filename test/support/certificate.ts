import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
const names = "subjectAltName=IP:127.0.0.1,DNS:localhost";

/** A certificate for 127.0.0.1 and localhost, signed by itself, made by openssl. */
export function makeCertificate(): Certificate {
  return inFolder((folder) => signByItself(folder, "cert", ["-subj", "/CN=localhost", "-addext", names]));
}

/** As above, signed by an authority that is not part of the chain, as those that everybody knows are not. */
export function makeSignedCertificate(): Certificate {
  return inFolder((folder) => {
    signByItself(folder, "authority", ["-subj", "/CN=authority"]);
    const path = (name: string) => join(folder, name);
    openssl(
      "req",
      ...kind,
      "-subj",
      "/CN=localhost",
      "-keyout",
      path("key.pem"),
      "-out",
      path("request.pem"),
    );
    writeFileSync(path("names"), names);
    const authority = ["-CA", path("authority.pem"), "-CAkey", path("authority-key.pem"), "-CAcreateserial"];
    const request = ["-in", path("request.pem"), "-extfile", path("names"), "-days", "2"];
    openssl("x509", "-req", ...request, ...authority, "-out", path("cert.pem"));
    return { cert: readFileSync(path("cert.pem"), "utf8"), key: readFileSync(path("key.pem"), "utf8") };
  });
}

function signByItself(folder: string, name: string, subject: readonly string[]): Certificate {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}-key.pem`)];
  openssl("req", "-x509", ...kind, ...subject, "-keyout", key, "-out", cert);
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

function openssl(...options: readonly string[]): void {
  execFileSync("openssl", options, { stdio: "pipe" });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "statut-tls-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
