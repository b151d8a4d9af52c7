"""What the guide asks of curl, for machines that have none: `curl [-s] [-i] [-H HEADER]… [-d DATA] URL`."""

import argparse
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-i", action="store_true")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    asked = parser.parse_args()
    data = None if asked.d is None else asked.d.encode()
    if data is not None and data.startswith(b"@"):
        data = Path(asked.d[1:]).read_bytes()
    headers = dict(header.split(": ", 1) for header in asked.H)
    try:
        answer = urllib.request.urlopen(urllib.request.Request(asked.url, data, headers))  # noqa: S310
    except urllib.error.HTTPError as error:
        answer = error
    if asked.i:
        sys.stdout.write(f"HTTP/1.1 {answer.status} {answer.reason}\r\n{answer.headers}")
    sys.stdout.write(answer.read().decode())


if __name__ == "__main__":
    main()
