"""``python -m bosonline.sandbox --port 8790 --state-dir var/sandbox --app-url http://127.0.0.1:8000``"""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

from werkzeug.serving import make_server

from bosonline.sandbox.app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(description="BosOnline sandbox of outside services")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--state-dir", default=os.environ.get("SANDBOX_STATE_DIR", "var/sandbox"))
    parser.add_argument("--app-url", default=os.environ.get("APP_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_app(Path(options.state_dir), options.app_url, options.seed)
    server = make_server(options.host, options.port, app, threaded=True)
    print(f"sandbox on http://{options.host}:{options.port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
