import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { ConfigError, readConfig, type SettingName } from "../src/config.ts";
import { settings } from "../src/config-settings.ts";
import { makeCertificate } from "./support/certificate.ts";
import { documents } from "./tools/documents.ts";
import { fromRoot } from "./tools/repository.ts";

const certificate = makeCertificate();
const names = Object.keys(settings) as SettingName[];
const secrets = names.filter((name) => "secret" in settings[name]);

/** Values that must stop the start. Settings that take any text have none. */
const badValues: Readonly<Record<SettingName, readonly string[]>> = {
  HOST: [],
  PORT: ["-1", "65536", "80a", "8e3", "1.5", " "],
  DATA_DIR: [],
  DATABASE_URL: ["localhost", "mysql://localhost/db", "postgres//localhost"],
  REDIS_URL: ["localhost:6379", "http://localhost"],
  CALLS_PER_SECOND: ["0", "1000001", "fifty", "NaN", "Infinity"],
  TOKEN_CALLS_PER_SECOND: ["0", "1000001", "-5"],
  QUEUE_MAX_WAIT_MS: ["-1", "5001", "250ms"],
  INSTANCES: ["0", "1001"],
  ADMISSION_WINDOW: ["Current", "next"],
  JOURNAL_KEYS: [],
  SMTP_URL: ["localhost:25", "http://localhost", "smtp//localhost"],
  MAIL_FROM: ["ministère", "a@b@c", "Nom <a@b.fr> x", "<a b@c.fr>", "Nom\nBcc: x <a@b.fr>"],
  TLS_CERT: [],
  TLS_KEY: [],
  PUBLIC_ORIGIN: [
    "statut.example",
    "http://statut.example",
    "https://statut.example/",
    "https://a@statut.example",
  ],
  PROCONNECT_ISSUER: ["proconnect", "http://proconnect.example", "https://proconnect.example/"],
  PROCONNECT_CLIENT_ID: [],
  PROCONNECT_CLIENT_SECRET: [],
  PROCONNECT_PKCE: ["true", "S256"],
  PROCONNECT_MFA: [","],
  PROCONNECT_OPERATOR_SIRETS: ["1300252650001", "ministère"],
  LEGAL_PUBLISHER: ["a\nb", "x".repeat(501)],
  LEGAL_PUBLICATION_DIRECTOR: ["a\nb"],
  LEGAL_HOST: ["a\nb"],
  LEGAL_DATA_PROTECTION_OFFICER: ["a\nb"],
  ACCESSIBILITY_STATE: ["yes", "Full"],
  ACCESSIBILITY_AUDIT: ["a\nb"],
  TRUSTED_PROXIES: [
    "10.0.0.1",
    "10.0.0.0/33",
    "10.0.0.0/8;192.0.2.0/24",
    "proxy",
    "0.0.0.0/0",
    "::/0",
    "::ffff:0:0/96",
  ],
  STRANGER_LINES_OF_ADDRESS: ["99", "10000001", "20 000"],
  STRANGER_LINES_OF_ADDRESS_PER_SECOND: ["0", "10001", "0.5"],
  STRANGER_LINES: ["999", "1000000001", "1e6"],
  STRANGER_LINES_PER_SECOND: ["0", "100001"],
  MAX_BODY_BYTES: ["1023", "16777217", "64k"],
  MAX_DEADLINE_MS: ["99", "60001"],
  LOG_LEVEL: ["verbose", "INFO"],
  FRANCE_CONNECT: ["on", "V2", "2"],
  FRANCE_CONNECT_URL: ["franceconnect.gouv.fr", "ftp://host/"],
  FRANCE_CONNECT_ISSUER: [],
  FRANCE_CONNECT_JWKS_URL: ["jwks", "file:///etc/keys"],
  FRANCE_CONNECT_CLIENT_ID: [],
  FRANCE_CONNECT_CLIENT_SECRET: [],
  FRANCE_CONNECT_KEYS: [],
  FRANCE_CONNECT_MIN_ACR: ["eidas0", "EIDAS1", "1"],
  METRICS_PORT: ["-1", "65536", "http"],
  METRICS_HOST: [],
  OTEL_EXPORTER_OTLP_ENDPOINT: ["collector:4318", "grpc://collector"],
  OTEL_EXPORTER_OTLP_HEADERS: ["authorization", "a=b,=c", "a b=c"],
  SELF_PROBE: ["yes", "ON"],
  LEAN_LANE: ["true", "1"],
};

suite("every setting", () => {
  for (const name of names) {
    test(`${name} has a meaning and a default that can be used`, () => {
      assert.match(settings[name].description, /^[A-Z`].*\.$/);
      assert.doesNotThrow(() => readConfig({}));
      if ("fallback" in settings[name]) assert.notEqual(readConfig({})[name], undefined);
      else assert.equal(readConfig({})[name], undefined);
    });

    test(`${name} refuses what it cannot use, by its name`, () => {
      for (const value of badValues[name]) {
        assert.throws(() => readConfig({ [name]: value }), messageOf(new RegExp(`^${name} must `)));
      }
    });
  }

  test("accepts the ends of the range that its description gives, and nothing beyond", () => {
    const ranged = names.flatMap((name) => {
      const [, low, high] = /\b([0-9]+) to ([0-9]+)\b/.exec(settings[name].description) ?? [];
      return low === undefined || high === undefined ? [] : [{ name, low: Number(low), high: Number(high) }];
    });
    const absent = ["METRICS_PORT"];
    const whole = names.filter((name) => absent.includes(name) || typeof readConfig({})[name] === "number");
    assert.deepEqual(
      ranged.map(({ name }) => name),
      whole,
      "every number tells its range",
    );
    for (const { name, low, high } of ranged) {
      for (const value of [low, high]) assert.equal(readConfig({ [name]: String(value) })[name], value);
      for (const value of [low - 1, high + 1]) {
        assert.throws(() => readConfig({ [name]: String(value) }), messageOf(new RegExp(`^${name} `)));
      }
    }
  });
});

suite("secrets", () => {
  for (const name of secrets) {
    test(`${name}_FILE names a file that holds ${name}`, () => {
      inFolder((folder) => {
        const file = join(folder, "secret");
        const value = name.endsWith("_URL")
          ? `${name === "DATABASE_URL" ? "postgres" : name.slice(0, -"_URL".length).toLowerCase()}://host/1`
          : name === "TLS_CERT"
            ? certificate.cert.trim()
            : name === "TLS_KEY"
              ? certificate.key.trim()
              : name.endsWith("_HEADERS")
                ? "name=value"
                : "value";
        writeFileSync(file, `${value}\n`);
        const environment = {
          JOURNAL_KEYS: "k",
          TLS_CERT: certificate.cert,
          TLS_KEY: certificate.key,
          PUBLIC_ORIGIN: "https://statut.example.fr",
          PROCONNECT_ISSUER: "https://proconnect.example.fr",
          PROCONNECT_CLIENT_ID: "client",
          PROCONNECT_CLIENT_SECRET: "secret",
          [name]: "",
          [`${name}_FILE`]: file,
        };
        assert.equal(readConfig(environment)[name], value);
      });
    });

    test(`${name} and ${name}_FILE exclude each other, and a missing file stops the start`, () => {
      assert.throws(
        () => readConfig({ [name]: "redis://host", [`${name}_FILE`]: "file" }),
        messageOf(new RegExp(`^${name} and ${name}_FILE exclude each other$`)),
      );
      assert.throws(
        () => readConfig({ [`${name}_FILE`]: join(tmpdir(), "statut-no-such-file") }),
        messageOf(new RegExp(`^${name}_FILE cannot be read$`)),
      );
    });

    test(`an empty ${name}_FILE stops the start`, () => {
      inFolder((folder) => {
        const file = join(folder, "secret");
        writeFileSync(file, " \n");
        // What goes with it is there.
        const environment = { TLS_CERT: certificate.cert, TLS_KEY: certificate.key, [name]: undefined };
        assert.throws(
          () => readConfig({ ...environment, [`${name}_FILE`]: file }),
          messageOf(new RegExp(`^${name}_FILE is empty$`)),
        );
      });
    });

    test(`${name} is never repeated`, () => {
      inFolder((folder) => {
        const file = join(folder, "secret");
        writeFileSync(file, "http://user:s3cr3t@host");
        const environments = [
          { [name]: "http://user:s3cr3t@host" },
          { [`${name}_FILE`]: file },
          { [name]: "s3cr3t", [`${name}_FILE`]: file },
        ];
        assert.throws(() => readConfig(environments[2]));
        for (const environment of environments) {
          try {
            readConfig(environment);
          } catch (error) {
            assert.ok(error instanceof ConfigError);
            assert.doesNotMatch(`${error.message} ${error.cause ?? ""}`, /s3cr3t/);
          }
        }
      });
    });
  }

  test("a file is read for secrets only", () => {
    assert.equal(readConfig({ PORT_FILE: "no-such-file" }).PORT, 8080);
  });
});

test("what is empty is absent", () => {
  assert.deepEqual(readConfig(Object.fromEntries(names.map((name) => [name, ""]))), readConfig({}));
});

test("settings that need each other are asked for together", () => {
  assert.throws(
    () => readConfig({ TLS_CERT: "certificate" }),
    messageOf(/^TLS_CERT and TLS_KEY go together$/),
  );
  assert.throws(() => readConfig({ TLS_KEY: "key" }), messageOf(/^TLS_CERT and TLS_KEY go together$/));
  assert.throws(() => readConfig({ DATABASE_URL: "postgres://host/db" }), messageOf(/^JOURNAL_KEYS /));
});

test("a certificate and its key are checked, by name", () => {
  const { cert, key } = certificate;
  assert.throws(() => readConfig({ TLS_CERT: "no", TLS_KEY: key }), messageOf(/^TLS_CERT must be /));
  assert.throws(() => readConfig({ TLS_CERT: cert, TLS_KEY: "no" }), messageOf(/^TLS_KEY must be a private/));
  const other = makeCertificate().key;
  assert.throws(() => readConfig({ TLS_CERT: cert, TLS_KEY: other }), messageOf(/^TLS_KEY must be the key/));
});

test("the configuration cannot be changed", () => {
  assert.ok(Object.isFrozen(readConfig({})));
});

test("networks are read one by one", () => {
  const { TRUSTED_PROXIES } = readConfig({
    TRUSTED_PROXIES: "10.0.0.0/8, 2001:db8::/32 , ::ffff:192.0.2.0/120",
  });
  assert.deepEqual(
    TRUSTED_PROXIES.map(([address, bits]) => `${address}/${bits}`),
    ["10.0.0.0/8", "2001:db8::/32", "192.0.2.0/24"],
  );
});

test("docs/configuration.md says the same", () => {
  const path = "docs/configuration.md";
  assert.ok(readFileSync(fromRoot(path), "utf8") === documents[path]?.(), "run `npm run docs`");
});

function messageOf(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, pattern);
    return true;
  };
}

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "statut-config-"));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("ProConnect is configured whole, with the origin that it sends people back to", () => {
  const whole = {
    PROCONNECT_ISSUER: "https://proconnect.example",
    PROCONNECT_CLIENT_ID: "id",
    PROCONNECT_CLIENT_SECRET: "secret",
    PUBLIC_ORIGIN: "https://statut.example",
  };
  assert.doesNotThrow(() => readConfig(whole));
  for (const name of ["PROCONNECT_ISSUER", "PROCONNECT_CLIENT_ID", "PROCONNECT_CLIENT_SECRET"]) {
    assert.throws(() => readConfig({ ...whole, [name]: "" }), messageOf(/go together$/));
  }
  assert.throws(() => readConfig({ ...whole, PUBLIC_ORIGIN: "" }), messageOf(/^PUBLIC_ORIGIN is required/));
});
