"""A line in a channel: title, TLP and link, nothing else."""

from collections.abc import Mapping
from typing import Any

import orjson

from ..contract import Connector, Content, Message, Sent, Setting, Target, ask, url_problem

SLACK_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class SlackConnector(Connector):
    """Slack, Mattermost, Rocket.Chat and whatever else takes Slack's incoming webhooks. Their address is the secret."""

    label = "Slack-compatible webhook"
    explanation = (
        "Posts title, TLP and link to a channel. The webhook's address is the secret: whoever has it can post."
    )
    settings = (Setting("channel", "Channel", "Its name, for people; the address decides.", is_required=False),)
    secret_label = "Webhook address (https://…)"  # noqa: S105 - a label

    def own_problems(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Nothing can be wrong with a name."""
        return []

    def secret_problem(self, secret: str) -> str:
        """The address is the secret."""
        return next((message for _, message in url_problem("secret", secret)), "")

    def render(self, content: Content, settings: Mapping[str, Any]) -> str:
        """One line; Slack's three control characters are escaped, so that a title mentions nobody."""
        title = " ".join(content.headline.split()).translate(SLACK_ESCAPES)
        marking = f" [TLP:{content.tlp}]" if content.tlp else ""
        link = f" {content.link}" if content.link else ""
        return orjson.dumps({"text": f"{title}{marking}{link}"}).decode()

    def send(self, message: Message, target: Target) -> Sent:
        """With the newest address alone: two would be two lines."""
        answer = ask(
            "POST", target.secrets[0], headers={"content-type": "application/json"}, body=message.body,
            now=message.sent_at, seconds=target.seconds,
        )  # fmt: skip
        return Sent(answer.status)
