"""The connectors by kind: one folder for each system outside, with its settings, its validation and its words."""

from hub.escalation.outbox.models import DestinationKind

from .contract import Connector
from .email.sending import EmailConnector
from .github.dispatching import DispatchConnector
from .github.issues import GitHubConnector
from .jira.issues import JiraConnector
from .slack.sending import SlackConnector
from .webhook.sending import WebhookConnector

CONNECTORS: dict[str, Connector] = {
    DestinationKind.WEBHOOK: WebhookConnector(),
    DestinationKind.GITHUB: GitHubConnector(),
    DestinationKind.DISPATCH: DispatchConnector(),
    DestinationKind.JIRA: JiraConnector(),
    DestinationKind.SLACK: SlackConnector(),
    DestinationKind.EMAIL: EmailConnector(),
}
