#!/usr/bin/env bash
# httpx over HTTP/2 loses its open streams when a server says GOAWAY, also the graceful one, with an error of another library.
#
# The guess: GOAWAY with the last stream 2^31-1 and NO_ERROR announces a shutdown (RFC 9113, section 6.8): streams that are
# open go on to their end, and only new ones need another connection. curl, Go, Node and niquests do that.
#
# Seen: httpx 0.28.1 with httpcore 1.0.9 and h2 4.4.1. A server sends an event each 100 ms, GOAWAY with the tenth, and goes
# on for twenty more. With httpx the program gets nine or ten, and then h2.exceptions.ProtocolError ("Invalid input
# ConnectionInputs.RECV_DATA in state ConnectionState.CLOSED"): h2 takes the connection for closed with the GOAWAY, and
# httpcore does not translate the error, so `except httpx.HTTPError` does not catch it. A server that is replaced thus looks
# like a broken one to every program of httpx that reads a stream. Without http2=True there is no GOAWAY and no error.
#
# Takes Python 3.11 or newer with venv, PyPI, Node 18 or newer, openssl. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  httpx==0.28.1 httpcore==1.0.9 h2==4.4.1 hpack==4.2.0 hyperframe==6.1.0 niquests==3.21.2
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 -keyout key -out crt 2>/dev/null

cat >server.mjs <<'JS'
import fs from 'node:fs';
import http2 from 'node:http2';
const server = http2.createSecureServer({ key: fs.readFileSync('key'), cert: fs.readFileSync('crt') });
server.on('stream', (stream) => {
  let sent = 0;
  stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
  stream.on('error', () => {});
  const beat = setInterval(() => {
    stream.write(`data: ${++sent}\n\n`);
    if (sent === 10) stream.session.goaway(0, 2 ** 31 - 1);
    if (sent === 30) stream.end();
  }, 100);
  stream.on('close', () => clearInterval(beat));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
JS

cat >read.py <<'PY'
import sys, warnings
import httpx, niquests

warnings.simplefilter("ignore")
url = f"https://127.0.0.1:{sys.argv[1]}/"


def count(lines):
    got = 0
    try:
        for line in lines:
            got += line.startswith("data")
        return got, "end"
    except Exception as error:
        known = isinstance(error, httpx.HTTPError)
        return got, f"{type(error).__module__}.{type(error).__name__}, {'an' if known else 'no'} httpx.HTTPError"


with httpx.Client(http2=True, verify=False) as client, client.stream("GET", url) as response:
    assert response.http_version == "HTTP/2"
    ours = count(response.iter_lines())
theirs = count(line.decode() for line in niquests.get(url, stream=True, verify=False).iter_lines())
print("httpx", ours)
print("niquests", theirs)
sys.exit(0 if ours[0] in (9, 10) and ours[1] == "h2.exceptions.ProtocolError, no httpx.HTTPError" and theirs == (30, "end") else 1)
PY

node server.mjs >port &
until [[ -s port ]]; do sleep 0.1; done
curled=$(curl -sN --http2 --cacert crt "https://127.0.0.1:$(<port)/" | grep -c data)
echo "curl $curled"
if ! venv/bin/python read.py "$(<port)" || [[ $curled != 30 ]]; then
  echo "another behaviour than described"
  exit 1
fi
