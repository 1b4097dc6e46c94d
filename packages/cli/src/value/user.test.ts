import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseUser } from "./user.ts";
import { machineUsers, parsePasswd } from "./users.ts";

const users = parsePasswd(`root:x:0:0:root:/root:/bin/bash
# a comment:x:7:
toor:x:0:0:another root:/root:/bin/sh
www-data:x:33:33::/var/www:/usr/sbin/nologin
broken line
+nis:x::
`);

describe("parsePasswd", () => {
  it("finds names", () => assert.equal(users.nameOf(33), "www-data"));
  it("takes the first of two names", () => assert.equal(users.nameOf(0), "root"));
  it("knows both numbers of two names", () => assert.equal(users.uidOf("toor"), 0));
  it("passes comments and broken lines over", () => {
    assert.equal(users.nameOf(7), undefined);
    assert.equal(users.uidOf("+nis"), undefined);
    assert.equal(users.uidOf("broken line"), undefined);
  });
});

describe("machineUsers", () => {
  it("knows root", () => assert.equal(machineUsers().nameOf(0), "root"));
});

describe("parseUser", () => {
  const check = (text: string, uid: number): void => assert.equal(parseUser(text, users), uid);
  const refuses = (text: string): void =>
    assert.throws(() => parseUser(text, users), { message: /no user of that name/ });

  it("takes numbers", () => check("1000", 1000));
  it("takes the largest number", () => check("4294967294", 4_294_967_294));
  it("takes names", () => check("www-data", 33));
  it("refuses unknown names", () => refuses("nobody-here"));
  it("refuses a number that is nobody's", () => refuses("4294967295"));
  it("refuses nothing", () => refuses(""));
});
