"""OpenStack Designate in one process, for a trial: run.py FOLDER PORT

API and central over SQLite, messages within the process, and no worker: what is accepted stays PENDING. A
stand-in for Keystone at /identity gives tokens for one application credential, and only requests with such
a token reach the API. Needs the package `designate`; prints "ready" once it answers. Loopback only.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import uuid

folder, port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
here = f"http://127.0.0.1:{port}"
conf, database = f"{folder}/conf", f"{folder}/designate.db"
os.environ["OS_DESIGNATE_CONFIG_DIR"] = conf
os.environ["OSLO_LOCK_PATH"] = f"{folder}/state"

if not os.path.exists(conf):
    os.makedirs(conf)
    os.makedirs(f"{folder}/state")
    shutil.copy(f"{sys.prefix}/etc/designate/api-paste.ini", conf)
    with open(f"{conf}/designate.conf", "w") as file:
        file.write(
            f"""[DEFAULT]
transport_url = fake:/
state_path = {folder}/state
[service:api]
auth_strategy = noauth
enable_api_v2 = True
enable_host_header = True
api_base_uri = {here}/
[service:central]
managed_resource_email = admin@example.net
[storage:sqlalchemy]
connection = sqlite:///{database}
[oslo_policy]
enforce_scope = False
enforce_new_defaults = False
"""
        )
    manage = os.path.join(os.path.dirname(sys.executable), "designate-manage")
    subprocess.run(
        [manage, "--config-file", f"{conf}/designate.conf", "database", "sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # A pool needs a name server to have zones.
    with sqlite3.connect(database) as store:
        pool = store.execute("SELECT id FROM pools").fetchone()[0]
        store.execute(
            "INSERT INTO pool_ns_records (id, created_at, version, pool_id, priority, hostname) "
            "VALUES (?, datetime('now'), 1, ?, 1, 'ns1.example.net.')",
            (uuid.uuid4().hex, pool),
        )

sys.argv = sys.argv[:1]

from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import oslo_messaging

oslo_messaging.set_transport_defaults("designate")

import designate.conf  # noqa: F401
from designate.api import wsgi
from designate.central import service

api = wsgi.init_application()
service.Service().init_host()

SECRET, TOKEN = "open-sesame", uuid.uuid4().hex


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/identity/v3/auth/tokens":
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        given = body["auth"]["identity"].get("application_credential", {})
        if given.get("secret") != SECRET:
            start_response("401 Unauthorized", [("Content-Type", "application/json")])
            return [b'{"error":{"code":401,"title":"Unauthorized"}}']
        place = {"interface": "public", "region_id": "RegionOne", "url": here}
        catalog = [{"type": "dns", "name": "designate", "endpoints": [place]}]
        headers = [("Content-Type", "application/json"), ("X-Subject-Token", TOKEN)]
        start_response("201 Created", headers)
        return [json.dumps({"token": {"catalog": catalog}}).encode()]
    if environ.get("HTTP_X_AUTH_TOKEN") != TOKEN:
        start_response("401 Unauthorized", [("Content-Type", "text/plain")])
        return [b"Authentication required"]
    return api(environ, start_response)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = make_server("127.0.0.1", port, application, server_class=Server, handler_class=Quiet)
print("ready", flush=True)
server.serve_forever()
