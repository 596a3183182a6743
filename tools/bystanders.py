"""Runs everyday programs with and without the library, and compares.

usage: bystanders.py --library LIBRARY [--pairs N] [PROGRAM]...

LIBRARY is libaioemul.so.  Each program does the same small job in a new folder,
by turns with the library preloaded and without; servers listen on loopback or on
a socket in that folder, and end with the job.  Prints a table in Markdown: for
each program whether output and exit codes were the same, the median of the
ratios of elapsed and of processor time, with to without, and the quartiles of
the former.  A ratio of elapsed times means little on a busy machine; the table's
head tells the load.  A program that is not installed is named as not run.

The exit status is 1 when a program behaves otherwise with the library, fails
without, or the library cannot be loaded.  Root runs PostgreSQL as the user
postgres.
"""

import argparse
import difflib
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TIME_LIMIT = 120
PAGE = 20_000  # bytes that nginx serves at a time
POSTGRES_BINARIES = "/usr/lib/postgresql"


class Folder:
    """Where one job runs, once, and how its programs are started."""

    def __init__(self, path, library):
        self.path = path
        ours = ("AIOEMUL", "GIT_", "LD_PRELOAD")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        self.environment = dict(kept, LC_ALL="C", HOME=path, TZ="UTC")
        self.preloaded = library is not None
        if self.preloaded:
            self.environment["LD_PRELOAD"] = library
        self.elapsed = None

    def file(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def options(self, user):
        if user is None or os.getuid() != 0:
            return {"cwd": self.path, "env": self.environment}
        for directory, _, _ in os.walk(self.path):
            shutil.chown(directory, user)
        groups = {"user": user, "group": user, "extra_groups": []}
        return {"cwd": self.path, "env": self.environment, **groups}

    def demand(self, holds, output):
        """A job that fails by itself compares nothing."""
        if not holds and not self.preloaded:
            raise RuntimeError("fails without the library:\n" + output)

    def run(self, *command, user=None, code=0):
        """Returns what a command prints, and its exit code at the end."""
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=TIME_LIMIT, check=False,
            **self.options(user),
        )
        output = done.stdout.decode(errors="replace").replace(self.path, "FOLDER")
        self.demand(code in (None, done.returncode), output)
        return "%sexit code %d\n" % (output, done.returncode)

    def serve(self, ready, *command, user=None):
        """Starts a server and waits until `ready()` is true."""
        with open(os.path.join(self.path, "server.log"), "wb") as log:
            server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **self.options(user),
            )
        end = time.monotonic() + TIME_LIMIT
        while not ready():
            if server.poll() is not None or time.monotonic() > end:
                server.kill()
                server.wait()
                with open(log.name, encoding="utf-8", errors="replace") as file:
                    raise RuntimeError("the server did not start:\n" + file.read())
            time.sleep(0.01)
        return server

    def timed(self, job):
        """What of a job counts, where that is not all of it."""
        begin = time.monotonic()
        result = job()
        self.elapsed = time.monotonic() - begin
        return result


def stop(server):
    server.terminate()
    try:
        server.wait(TIME_LIMIT)
    except subprocess.TimeoutExpired:
        server.kill()
    return "server's exit code %d\n" % server.wait()


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# --- The jobs


def run_bash(folder):
    script = """
        exec 3>log 5<&0
        for i in {1..150}; do
          echo "line $i" >&3
          (echo "$i" | tr 0-9 a-j | cat) >part.$((i % 10)) 2>&1 </dev/null
          value=$(<part.$((i % 10))) && cat <<<"$value" >>all
        done
        exec 3>&- 4<log && read -r first <&4
        for i in {1..20000}; do : >part.0 2>&1; done
        echo "$first"; cksum log all; ls
        sleep 0.01 & wait $!; trap 'echo end' EXIT; exit 3
    """
    return folder.run("bash", "-euc", script, code=3)


def run_git(folder):
    script = """
        export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='1700000000 +0000'
        export GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
        git init -q -b main first && cd first
        git config user.name A && git config user.email a@b.invalid
        for i in $(seq 300); do seq "$i" $((i + 300)) >"file$i"; done
        git add . && git commit -q -m one
        for i in $(seq 20); do echo "$i" >>"file$i" && git commit -qam "$i"; done
        git gc -q && git fsck && git log --oneline | cksum
        git clone -q . ../second && cd ../second && git rev-parse HEAD
        git grep -c 299 | cksum && git status --short
    """
    return folder.run("sh", "-euc", script)


def run_make(folder):
    rule = "%.out: ; @seq 1000 | sort -r | tail -n 1 >$@\n"
    names = " ".join("%d.out" % i for i in range(200))
    folder.file("Makefile", "all: %s\n\t@cat $^ | cksum\n%s" % (names, rule))
    return folder.run("make", "-j2") + folder.run("make", "-q", "1.out")


def run_python(folder):
    folder.file("job.py", """
import concurrent.futures, hashlib, os, sqlite3, subprocess, tempfile
def work(i):
    with tempfile.TemporaryFile() as file:
        file.write(b"%d" % i * 10000); file.seek(0)
        return hashlib.sha256(file.read()).hexdigest()
if __name__ == "__main__":
    for i in range(60):
        print(subprocess.run(["echo", str(i)], stdout=-1, close_fds=i % 2).stdout)
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        print(list(pool.map(work, range(200))))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        print(list(pool.map(work, range(200))))
    with sqlite3.connect("base") as base:
        base.execute("create table t (i integer primary key, s text)")
        base.executemany("insert into t values (?, ?)", enumerate("abc" * 20000))
        print(base.execute("select count(*), max(s) from t").fetchall())
    for i in range(20000):
        os.close(os.dup(0))
""")
    return folder.run(shutil.which("python3"), "job.py")


def run_rsync(folder):
    script = """
        mkdir from && for i in $(seq 400); do seq "$i" 3000 >from/"$i"; done
        rsync -a from/ to/ && rm to/1* && echo x >>to/2
        rsync -ac --delete --stats from/ to/ | grep -E 'files|Literal'
        cat to/* | cksum
    """
    return folder.run("bash", "-euo", "pipefail", "-c", script)


def run_node(folder):
    folder.file("job.js", """
const fs = require('fs'), crypto = require('crypto'), child = require('child_process');
(async () => {
  const hashes = await Promise.all(Array.from({length: 500}, async (_, i) => {
    await fs.promises.writeFile('f' + i, String(i).repeat(5000));
    const text = await fs.promises.readFile('f' + i);
    return crypto.createHash('sha256').update(text).digest('hex');
  }));
  console.log(hashes.join());
  for (let i = 0; i < 20; ++i) console.log(String(child.execSync('echo ' + i)));
  for (let i = 0; i < 20000; ++i) fs.closeSync(fs.openSync('f0'));
})();
""")
    return folder.run("node", "job.js")


def run_initdb(folder):
    output = folder.run(
        postgres("initdb"), "-A", "trust", "-U", "postgres", "-D", "base", user="postgres"
    )
    return re.sub(r"selecting default (max_connections|shared_buffers).*", "", output)


def run_pgbench(folder):
    output = run_initdb(folder)
    port = str(free_port())
    client = ["-h", folder.path, "-p", port, "-U", "postgres", "postgres"]
    server = folder.serve(
        lambda: "code 0" in folder.run(postgres("pg_isready"), *client[:-1], code=None),
        postgres("postgres"), "-D", "base", "-k", folder.path, "-p", port,
        "-c", "listen_addresses=", user="postgres",
    )
    try:
        output += folder.run(postgres("pgbench"), "-iq", *client).splitlines()[-1]
        bench = [postgres("pgbench"), "-n", "-c4", "-j2", "-t500", *client]
        output += folder.timed(lambda: folder.run(*bench))
        output += folder.run(postgres("psql"), "-Atc", "select count(*) from pgbench_history", *client)
    finally:
        output += stop(server)
    return "".join(line for line in output.splitlines(True) if not re.match("latency|initial conn|tps", line))


def run_redis(folder):
    port = str(free_port())
    server = folder.serve(
        lambda: answers(int(port)),
        *"redis-server --bind 127.0.0.1 --appendonly yes --save".split(), "", "--port", port,
    )
    try:
        bench = ["redis-benchmark", "-p", port, "-q", "-n", "20000", "-c", "20", "-t", "set,get,lpush"]
        output = folder.timed(lambda: folder.run(*bench)).splitlines()[-1]
        cli = ["redis-cli", "-p", port]
        output += folder.run(*cli, "bgrewriteaof") + folder.run(*cli, "llen", "mylist")
        output += folder.run(*cli, "save") + folder.run(*cli, "dbsize")
    finally:
        output += stop(server)
    return output


def run_nginx(folder):
    port = free_port()
    folder.file("page", "Z" * PAGE)
    config = folder.file("config", """
        daemon off; pid FOLDER/pid; error_log stderr crit; worker_processes 2;
        events {} http { access_log FOLDER/access; server {
            listen 127.0.0.1:PORT; root FOLDER; keepalive_requests 1000000; } }
    """.replace("FOLDER", folder.path).replace("PORT", str(port)))
    os.chmod(folder.path, 0o755)
    server = folder.serve(lambda: answers(port), "nginx", "-e", "stderr", "-c", config)
    try:
        count = folder.timed(lambda: fetch(port, 4000))
    finally:
        output = stop(server)
    folder.demand(count == 4000 * PAGE, "%d bytes came" % count)
    return "%d bytes\n%s" % (count, output)


def fetch(port, times):
    """How many bytes of pages come; each tenth request has a new connection."""
    count = 0
    for _ in range(times // 10):
        with socket.create_connection(("127.0.0.1", port), TIME_LIMIT) as client:
            for i in range(10):
                last = "Connection: close\r\n" if i == 9 else ""
                client.sendall(("GET /page HTTP/1.1\r\nHost: x\r\n%s\r\n" % last).encode())
                got = b""
                while got.count(b"Z") < PAGE:
                    data = client.recv(65536)
                    if not data:
                        return count
                    got += data
                count += PAGE
    return count


def postgres(name):
    """Where a program of PostgreSQL is: Debian has the servers' in no path."""
    found = shutil.which(name)
    versions = sorted(os.listdir(POSTGRES_BINARIES)) if os.path.isdir(POSTGRES_BINARIES) else []
    for version in versions:
        path = os.path.join(POSTGRES_BINARIES, version, "bin", name)
        found = path if os.access(path, os.X_OK) else found
    return found


# Program, job, what it takes.
JOBS = {
    "bash": (run_bash, ["bash"]),
    "git": (run_git, ["git"]),
    "make": (run_make, ["make"]),
    "python": (run_python, ["python3"]),
    "rsync": (run_rsync, ["rsync"]),
    "node": (run_node, ["node"]),
    "initdb": (run_initdb, ["initdb"]),
    "pgbench": (run_pgbench, ["initdb", "pgbench", "postgres", "psql"]),
    "redis": (run_redis, ["redis-server", "redis-benchmark", "redis-cli"]),
    "nginx": (run_nginx, ["nginx"]),
}


# --- Measuring


def processor_time():
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])  # user, system


def measure(job, library):
    """Runs a job once: its output, elapsed and processor time."""
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(path, library)
        used = processor_time()
        begin = time.monotonic()
        output = job(folder)
        elapsed = folder.elapsed or time.monotonic() - begin
        return output, elapsed, processor_time() - used


def compare(job, library, pairs):
    """Returns the ratios of elapsed and processor time, and what differs."""
    ratios = []
    for i in range(pairs):
        order = (library, None) if i % 2 else (None, library)
        results = {which: measure(job, which) for which in order}
        without, preloaded = results[None], results[library]
        if without[0] != preloaded[0]:
            texts = [result[0].splitlines() for result in (without, preloaded)]
            lines = difflib.unified_diff(*texts, "without", "with", lineterm="", n=0)
            return ratios, "\n".join(line[:200] for line in list(lines)[:20])
        ratios.append((preloaded[1] / without[1], preloaded[2] / without[2]))
    return ratios, None


def row(program, ratios):
    elapsed, used = zip(*ratios)
    quarters = statistics.quantiles(elapsed, n=4) if len(elapsed) > 1 else [elapsed[0]] * 3
    numbers = (statistics.median(elapsed), quarters[0], quarters[2], statistics.median(used))
    return "| %s | same | %.3f | %.3f to %.3f | %.3f |" % (program, *numbers)


def is_loaded(library):
    with tempfile.TemporaryDirectory() as path:
        maps = Folder(path, library).run("cat", "/proc/self/maps")
        return any(re.match("[0-9a-f]+-.*" + re.escape(library), m) for m in maps.splitlines())


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1][7:])
    parser.add_argument("--library", required=True)
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", choices=[[], *JOBS])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        # Readable for the user of a server, too.
        os.chmod(place, 0o755)
        library = shutil.copy(options.library, os.path.join(place, "libaioemul.so"))
        os.chmod(library, 0o755)
        if not is_loaded(library):
            sys.exit("%s cannot be preloaded" % options.library)
        print("Median of %d pairs; load average %.1f.\n" % (options.pairs, os.getloadavg()[0]))
        print("| program | output | elapsed | quartiles | processor |\n|---|---|---|---|---|")
        failed = False
        for program in options.programs or JOBS:
            job, needs = JOBS[program]
            missing = [name for name in needs if not postgres(name)]
            if missing:
                print("| %s | not run: no %s | | | |" % (program, ", ".join(missing)))
                continue
            try:
                ratios, difference = compare(job, library, options.pairs)
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                ratios, difference = [], str(error)
            print(row(program, ratios) if not difference else "| %s | **differs** | | | |" % program, flush=True)
            failed = failed or bool(difference)
            if difference:
                print("%s: %s" % (program, difference), file=sys.stderr)
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
