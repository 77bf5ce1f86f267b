import assert from "node:assert/strict";
import { test } from "node:test";
import { version2Surface } from "../../src/particulier/version-2-surface.ts";
import { dropEmptyParameters, isOn } from "../../src/request/surface.ts";

test("a surface has its path and what lies below, whatever the form of the target", () => {
  for (const target of [
    "/api",
    "/api/",
    "/api?x=1",
    "/api/v2",
    "http://hote:80/api/v2",
    "HTTPS://hote/api",
  ]) {
    assert.ok(isOn(version2Surface, target), target);
  }
  for (const target of ["/", "/apis", "/v1/api", "*", "/v1?x=/api", "http://api/v1", "/api%2Fv2"]) {
    assert.ok(!isOn(version2Surface, target), target);
  }
});

test("parameters without value are taken out, and nothing else", () => {
  const cases: [target: string, left: string][] = [
    ["/a", "/a"],
    ["/a?", "/a?"],
    ["/a?b=1&c=2", "/a?b=1&c=2"],
    ["/a?b=&c=2", "/a?c=2"],
    ["/a?b=1&c=", "/a?b=1"],
    ["/a?b=&c=", "/a?"],
    ["/a?prenoms[]=&prenoms[]=Zo%C3%A9", "/a?prenoms[]=Zo%C3%A9"],
    ["/a=", "/a="],
    ["/a?b", "/a?b"],
  ];
  for (const [target, left] of cases) assert.equal(dropEmptyParameters(target), left);
});
