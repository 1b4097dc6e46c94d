#!/usr/bin/env node
// Starts the command. CommonJS and old syntax, so that every Node can parse it: an old one is told what is wrong.
"use strict";

var oldestNode = 24;

if (Number(process.versions.node.split(".")[0]) < oldestNode) {
  console.error(
    "ts-ebpf needs Node.js " +
      oldestNode +
      " or newer, and this is " +
      process.version +
      ".\n" +
      "  hint: install it with your version manager (nvm install " +
      oldestNode +
      ", fnm install " +
      oldestNode +
      ")\n" +
      "        or from your system; in a clone of the repository, npm ci && npm start brings its own",
  );
  process.exitCode = 2;
} else {
  start();
}

function start() {
  var fs = require("node:fs");
  var path = require("node:path");
  var home = path.dirname(__dirname);
  var bundle = path.join(home, "dist", "bundle");
  var source = path.join(home, "src", "main.ts");
  var cache = cacheFolder(path);
  // For what is no part of the bundle: the sources, the library that programs of users import.
  if (cache !== undefined) require("node:module").enableCompileCache(cache);
  if (fs.existsSync(source) && (asksForSources() || !isUpToDate(bundle, fs, path))) {
    preferSources();
    void import(require("node:url").pathToFileURL(source).href).then(run);
    return;
  }
  var opened = require("./bundle.js").openBundle(bundle, cache, commandOf(process.argv.slice(2)));
  void run(opened.load("main.cjs")).then(function () {
    // What fails does not get as far as what works.
    if (process.exitCode === 0) opened.keep();
  });
}

function run(command) {
  return command.main(process.argv.slice(2)).then(function (exitCode) {
    process.exitCode = exitCode;
  });
}

/** Whether the bundle was built from the sources as they are; where there are no sources, nobody asks. */
function isUpToDate(bundle, fs, path) {
  var root = path.resolve(bundle, "../../../..") + path.sep;
  try {
    var made = JSON.parse(fs.readFileSync(path.join(bundle, "inputs.json"), "utf8"));
    for (var index = 0; index < made.inputs.length; index++) {
      if (fs.statSync(root + made.inputs[index]).mtimeMs >= made.builtAtMs) return false;
    }
    return true;
  } catch {
    return false;
  }
}

function asksForSources() {
  return process.execArgv.indexOf("--conditions=@ts-ebpf/source") !== -1;
}

/** As `node --conditions=@ts-ebpf/source` does, but without starting Node a second time. */
function preferSources() {
  require("node:module").registerHooks({
    resolve: function (specifier, context, next) {
      var conditions = context.conditions.concat("@ts-ebpf/source");
      return next(specifier, Object.assign({}, context, { conditions: conditions }));
    },
  });
}

/**
 * Where compiled code is kept between runs, which makes starting several times as fast. It is in the home of the user whose
 * rights we run with, never in a folder that others can write to: what is kept there is run.
 */
function cacheFolder(path) {
  try {
    return path.join(require("node:os").userInfo().homedir, ".cache", "ts-ebpf", "compiled");
  } catch {
    return undefined; // A user without a home starts more slowly.
  }
}

/** Which command is asked for: enough to tell which functions of the bundle are called. */
function commandOf(words) {
  var isHelp = words.indexOf("--help") !== -1 || words.indexOf("-h") !== -1;
  return /^[a-z]+$/.test(words[0]) && !isHelp ? words[0] : "help";
}
