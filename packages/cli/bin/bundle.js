/*
 * Loads the files of the bundle, with the code that V8 made of them in an earlier run.
 *
 * Node's own cache of compiled code holds what was compiled when a file was loaded, which is little: most functions are compiled
 * when they are first called. Compiling those of a short run takes as long as all it does. So here the code is kept after a
 * file was used, with all functions that were called: once a second has passed, or when the command ends before.
 *
 * What is kept is run, so it is kept where only the user whose rights we run with can write. It counts as long as the file
 * of the bundle is the one it was made of; V8 checks by itself that it was made by its like.
 */
"use strict";

var fs = require("node:fs");
var path = require("node:path");
var vm = require("node:vm");

/** Functions are kept that were called by then; after long runs V8 forgets those that were only called at the start. */
var keptAfterMs = 1000;

var before = "(function(exports,require,module,__filename,__dirname){";
var after = "\n})";

/**
 * The bundle in `folder`. Code is kept in `cache`; nowhere when that is undefined. Functions that one `command` calls in a
 * file are not those that another one does, so each has its own.
 */
exports.openBundle = function (folder, cache, command) {
  var modules = new Map();
  /** What was compiled anew. */
  var fresh = [];

  function load(name) {
    var known = modules.get(name);
    if (known !== undefined) return known.exports;
    var file = path.join(folder, name);
    var module = { exports: {} };
    modules.set(name, module);
    var code = compile(file).runInThisContext();
    code.call(module.exports, module.exports, requireFrom, module, file, folder);
    return module.exports;
  }

  /** Files of the bundle require each other, modules of Node, and packages beside the bundle. */
  function requireFrom(name) {
    return name.startsWith("./") ? load(name.slice(2)) : require(name);
  }

  function compile(file) {
    var kept = cache && read(file);
    var script = new vm.Script(before + fs.readFileSync(file, "utf8") + after, {
      filename: file,
      columnOffset: -before.length,
      cachedData: kept && kept.code,
    });
    if (cache && (kept.code === undefined || script.cachedDataRejected)) {
      fresh.push({ script: script, kept: kept });
    }
    return script;
  }

  /** Where the code of `file` is kept, what stands before it there, and the code itself if it is there. */
  function read(file) {
    var status = fs.statSync(file);
    // Whatever changes a file changes the time of its last change of status.
    var madeOf = [file, status.ino, status.size, status.ctimeMs];
    var madeBy = [process.execPath, process.version, process.arch];
    var head = Buffer.from(madeOf.concat(madeBy).join("\n"));
    var place = path.join(cache, path.basename(file, ".cjs") + "-" + command + ".code");
    try {
      var found = fs.readFileSync(place);
      if (found.subarray(0, head.length).equals(head)) {
        return { place: place, head: head, code: found.subarray(aligned(head.length)) };
      }
    } catch {
      // Nothing was kept so far.
    }
    return { place: place, head: head, code: undefined };
  }

  function keep() {
    clearTimeout(timer);
    try {
      if (fresh.length > 0) fs.mkdirSync(cache, { recursive: true, mode: 0o700 });
      for (var made = fresh.pop(); made !== undefined; made = fresh.pop()) write(made);
    } catch {
      // Where nothing can be kept, starting takes longer.
    }
  }

  var timer = setTimeout(keep, keptAfterMs).unref();
  return { load: load, keep: keep };
};

/** V8 takes code that lies at a multiple of eight bytes as it lies there. */
function aligned(bytes) {
  return Math.ceil(bytes / 8) * 8;
}

/** Others may read the file at the same time, or write it. V8 believes what it reads, so it is there whole or not at all. */
function write(made) {
  var head = made.kept.head;
  var padding = Buffer.alloc(aligned(head.length) - head.length);
  var temporary = made.kept.place + "." + process.pid;
  var bytes = Buffer.concat([head, padding, made.script.createCachedData()]);
  try {
    fs.writeFileSync(temporary, bytes, { mode: 0o600, flag: "wx", flush: true });
    fs.renameSync(temporary, made.kept.place);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}
