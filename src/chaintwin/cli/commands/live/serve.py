"""``chaintwin serve``: the twin of a project over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaintwin.cli.commands.live.logs import StoreUrl
from chaintwin.cli.commands.live.serving import LogFormat, Served, serve_project
from chaintwin.cli.commands.log.places import KeyFile
from chaintwin.cli.commands.options import Json, Project, refuse_alone
from chaintwin.cli.terminal.session import session

Host = Annotated[str, typer.Option(help="Address to listen at; one that others can reach needs --certificate and --key.")]
TokenFile = Annotated[
    Path | None,
    typer.Option(help="File that holds the token; made, readable by its owner only, if there is none.", show_default=False),
]
HostNames = Annotated[
    list[str] | None, typer.Option("--name", help="Further name that the server may be called by.", show_default=False)
]
WebhookHosts = Annotated[
    list[str] | None,
    typer.Option("--allow-webhook", help="Host that subscriptions may send to, besides this machine.", show_default=False),
]

Measure = Annotated[
    float, typer.Option(help="Share of one core that looks back from the past meanwhile, 0 to 1; 0 for none.", min=0, max=1)
]
Calibrate = Annotated[
    float, typer.Option(help="Days of events after which it fits parameters anew; 0 for never. Goes with --measure.", min=0)
]


def serve(
    project: Project,
    *,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0 takes any that is free.", min=0, max=65535)] = 8750,
    store: StoreUrl = None,
    key_file: KeyFile = None,
    token_file: TokenFile = None,
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Make a new token; the old one is refused from then on.")
    ] = False,
    certificate: Annotated[Path | None, typer.Option(help="Certificate for TLS, PEM.", show_default=False)] = None,
    key: Annotated[Path | None, typer.Option(help="Key of the certificate, PEM.", show_default=False)] = None,
    name: HostNames = None,
    allow_webhook: WebhookHosts = None,
    workers: Annotated[int, typer.Option(help="Processes that read documents; 0 reads in the server itself.", min=0)] = 2,
    jobs: Annotated[
        int, typer.Option(help="Jobs worked on at one time, each by a process of its own; 0 for none.", min=0, max=64)
    ] = 1,
    log_format: Annotated[
        LogFormat, typer.Option(help="How the server says things: text, or json with a line for each request too.")
    ] = LogFormat.TEXT,
    no_sources: Annotated[
        bool, typer.Option("--no-sources", help="Leave out the sources of events that the project names.")
    ] = False,
    measure: Measure = 0.0,
    calibrate: Calibrate = 0.0,
    ahead: Annotated[
        float, typer.Option(help="Days to look ahead by itself, to warn of shortages; 0 for none.", min=0, max=3660)
    ] = 30.0,
    json: Json = False,
) -> None:
    """Serve the live twin: EPCIS 2.0, its state and its changes."""
    with session(is_json=json) as terminal:
        refuse_alone("--calibrate", calibrate or None, beside=("--measure", measure or None), why="which gives it part of a core")
        served = Served(
            host=host,
            port=port,
            store=store,
            key_file=key_file,
            token_file=token_file,
            is_new_token=new_token,
            certificate=certificate,
            key=key,
            names=tuple(name or ()),
            webhooks=tuple(allow_webhook or ()),
            workers=workers,
            jobs=jobs,
            log_format=log_format,
            has_sources=not no_sources,
            measure=measure,
            calibrate=calibrate,
            ahead=ahead,
        )
        serve_project(terminal, project, served=served)
