import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { globExpression } from "./glob.ts";

describe("globExpression", () => {
  const check = (pattern: string, name: string, fits: boolean): void =>
    assert.equal(globExpression(pattern).test(name), fits);

  it("is about whole names", () => {
    check("tcp", "tcp", true);
    check("tcp", "tcp_sendmsg", false);
    check("tcp", "my_tcp", false);
  });
  it("knows * and ?", () => {
    check("tcp_*", "tcp_sendmsg", true);
    check("*msg", "tcp_sendmsg", true);
    check("tcp_?end*", "tcp_sendmsg", true);
    check("tcp_??", "tcp_sendmsg", false);
    check("*", "", true);
  });
  it("takes everything else as it is", () => {
    check("f.constprop.0", "f.constprop.0", true);
    check("f.constprop.0", "fxconstprop.0", false);
    check("operator[](*)", "operator[](int)", true);
  });
});
