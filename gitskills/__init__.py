"""gitskills: a team's skills in one git repository, shared with every agent."""

__version__ = "0.1.0"
