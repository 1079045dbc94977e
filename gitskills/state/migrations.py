"""How the two databases came to be what they are: numbered functions, of which old ones never change."""

import sqlite3
from collections.abc import Callable

Migration = Callable[[sqlite3.Connection], None]


def _placements(db: sqlite3.Connection) -> None:
    """Which agent folders hold a link or a copy, and the tree last written there."""
    db.execute(
        "CREATE TABLE placement (root TEXT NOT NULL, skill TEXT NOT NULL, folder TEXT NOT NULL, "
        "mode TEXT NOT NULL CHECK (mode IN ('real', 'link', 'copy')), tree TEXT NOT NULL, "
        "PRIMARY KEY (root, skill, folder)) WITHOUT ROWID"
    )
    # A merge that clashed: what stood here and upstream then, so that a later edit can be told from none.
    db.execute(
        "CREATE TABLE conflict (root TEXT NOT NULL, skill TEXT NOT NULL, ours TEXT NOT NULL, theirs TEXT NOT NULL, "
        "PRIMARY KEY (root, skill)) WITHOUT ROWID"
    )


def _hooks(db: sqlite3.Connection) -> None:
    """What agents told (see state/events.py), and what registering with them wrote (see state/registrations.py)."""
    db.execute(
        "CREATE TABLE event (name TEXT PRIMARY KEY, event TEXT NOT NULL, agent TEXT NOT NULL, at REAL NOT NULL, "
        "payload BLOB NOT NULL, digest BLOB NOT NULL, handled INTEGER NOT NULL DEFAULT 0)"
    )
    db.execute("CREATE INDEX event_digest ON event (digest)")
    db.execute("CREATE INDEX event_pending ON event (name) WHERE NOT handled")
    db.execute(
        "CREATE TABLE registration (path TEXT PRIMARY KEY, made INTEGER NOT NULL, folders TEXT NOT NULL, "
        "edits TEXT NOT NULL) WITHOUT ROWID"
    )


def _sessions(db: sqlite3.Connection) -> None:
    """Judgment windows of sessions, the jobs they lead to, and what was judged (see improve/windows.py)."""
    db.execute(
        "CREATE TABLE window (agent TEXT NOT NULL, session TEXT NOT NULL, skill TEXT NOT NULL, cwd TEXT NOT NULL, "
        "tool_use TEXT NOT NULL, messages INTEGER NOT NULL, at REAL NOT NULL, "
        "PRIMARY KEY (agent, session)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE job (id INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, "
        "session TEXT NOT NULL, skill TEXT NOT NULL, cwd TEXT NOT NULL, tool_use TEXT NOT NULL, "
        "transcript TEXT NOT NULL, reaction TEXT NOT NULL, at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, "
        "done INTEGER NOT NULL DEFAULT 0)"
    )
    db.execute("CREATE INDEX job_pending ON job (id) WHERE NOT done")
    db.execute(
        "CREATE TABLE verdict (url TEXT NOT NULL, skill TEXT NOT NULL, tree TEXT NOT NULL, session TEXT NOT NULL, "
        "source TEXT NOT NULL, outcome TEXT NOT NULL, layer TEXT, reason TEXT NOT NULL, weakness TEXT NOT NULL, "
        "at REAL NOT NULL, PRIMARY KEY (url, skill, tree, session)) WITHOUT ROWID"
    )


def _trail(db: sqlite3.Connection) -> None:
    """The audit trail of a repository up to a tip: its skills, the folders they were seen in, and each change."""
    db.execute(
        "CREATE TABLE trail (id INTEGER PRIMARY KEY, repository TEXT NOT NULL, tip TEXT NOT NULL, "
        "looked INTEGER NOT NULL, UNIQUE (repository, tip))"
    )
    db.execute(
        "CREATE TABLE trail_skill (trail INTEGER NOT NULL, skill INTEGER NOT NULL, path TEXT NOT NULL, "
        "tree TEXT NOT NULL, version INTEGER NOT NULL, landed TEXT NOT NULL, creator TEXT NOT NULL, "
        "PRIMARY KEY (trail, skill)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE trail_path (trail INTEGER NOT NULL, path TEXT NOT NULL, skill INTEGER NOT NULL, "
        "PRIMARY KEY (trail, path)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE trail_row (trail INTEGER NOT NULL, number INTEGER NOT NULL, skill INTEGER NOT NULL, "
        "oid TEXT NOT NULL, date TEXT NOT NULL, author TEXT NOT NULL, email TEXT NOT NULL, path TEXT NOT NULL, "
        "op TEXT NOT NULL, version INTEGER, base TEXT NOT NULL, tree TEXT NOT NULL, origin TEXT, "
        "summary TEXT NOT NULL, trailers TEXT NOT NULL, PRIMARY KEY (trail, number)) WITHOUT ROWID"
    )


def _search(db: sqlite3.Connection) -> None:
    """Skills by words: one document per different SKILL.md, and where each source has it (see share/search.py)."""
    db.execute("CREATE TABLE search_source (source TEXT PRIMARY KEY, tip TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE search_document (id INTEGER PRIMARY KEY, blob TEXT NOT NULL, name TEXT NOT NULL, "
        "UNIQUE (blob, name))"
    )
    db.execute(
        "CREATE TABLE search_entry (source TEXT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL, tree TEXT NOT NULL, "
        "document INTEGER NOT NULL, PRIMARY KEY (source, path)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX search_entry_document ON search_entry (document)")
    db.execute("CREATE INDEX search_entry_name ON search_entry (name)")
    db.execute("CREATE VIRTUAL TABLE search_text USING fts5 (name, description, body, tokenize = 'porter unicode61')")


def _improvements(db: sqlite3.Connection) -> None:
    """Candidates on their way to a remote (see improve/drafts.py), and what sweeps tried (see improve/sweep.py)."""
    db.execute(
        "CREATE TABLE draft (url TEXT NOT NULL, skill TEXT NOT NULL, evidence TEXT NOT NULL, text TEXT NOT NULL, "
        "at REAL NOT NULL, PRIMARY KEY (url, skill, evidence)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE swept (url TEXT NOT NULL, skill TEXT NOT NULL, tree TEXT NOT NULL, sessions TEXT NOT NULL, "
        "decision TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (url, skill, tree)) WITHOUT ROWID"
    )


def _cards(db: sqlite3.Connection) -> None:
    """Up to where the proofs of cards were verified, by code repository and ref (see cards/verified.py)."""
    db.execute(
        "CREATE TABLE card_tip (code TEXT NOT NULL, ref TEXT NOT NULL, tip TEXT NOT NULL, reached BLOB NOT NULL, "
        "lost BLOB NOT NULL, PRIMARY KEY (code, ref)) WITHOUT ROWID"
    )


def _card_nothing(db: sqlite3.Connection) -> None:
    """Cards of which a generaliser said that they share nothing (see cards/promote.py)."""
    db.execute(
        "CREATE TABLE card_nothing (library TEXT NOT NULL, area TEXT NOT NULL, leaves TEXT NOT NULL, "
        "PRIMARY KEY (library, area)) WITHOUT ROWID"
    )


def _card_lines(db: sqlite3.Connection) -> None:
    """Checksums of the lines that a commit wrote in a file (see cards/lines.py)."""
    db.execute(
        "CREATE TABLE card_lines (proof TEXT NOT NULL, path TEXT NOT NULL, lines BLOB NOT NULL, "
        "PRIMARY KEY (proof, path)) WITHOUT ROWID"
    )


def _card_heads(db: sqlite3.Connection) -> None:
    """What of a card decides whether it still holds, by the blob of its SKILL.md (see cards/heads.py)."""
    db.execute("CREATE TABLE card_head (blob TEXT PRIMARY KEY, head TEXT NOT NULL) WITHOUT ROWID")


def _card_search(db: sqlite3.Connection) -> None:
    """Cards by words and by the paths they touched: a document per SKILL.md, and who has it (see cards/index.py)."""
    db.execute("CREATE TABLE card_library (library TEXT PRIMARY KEY, tip TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE card_document (id INTEGER PRIMARY KEY, blob TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, "
        "area TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, repo TEXT NOT NULL, "
        "confidence REAL NOT NULL, stale TEXT NOT NULL, expired TEXT NOT NULL, proof TEXT NOT NULL, "
        "paths TEXT NOT NULL, flagged TEXT NOT NULL DEFAULT '', scanned TEXT NOT NULL DEFAULT '')"
    )
    db.execute("CREATE INDEX card_document_area ON card_document (area)")
    db.execute(
        "CREATE TABLE card_entry (library TEXT NOT NULL, path TEXT NOT NULL, tree TEXT NOT NULL, "
        "document INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (library, path)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX card_entry_document ON card_entry (document)")
    db.execute(
        "CREATE TABLE card_touch (path TEXT NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (path, document)) "
        "WITHOUT ROWID"
    )
    db.execute("CREATE VIRTUAL TABLE card_text USING fts5 (area, trigger, paths, body, tokenize = 'porter unicode61')")


def _ledger(db: sqlite3.Connection) -> None:
    """What happened with skills, until it is shared, and this machine's name in what is (see state/ledger.py)."""
    db.execute(
        "CREATE TABLE ledger (id TEXT PRIMARY KEY, url TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL, "
        "waits INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX ledger_waiting ON ledger (url) WHERE waits")
    db.execute("CREATE TABLE ledger_writer (name TEXT NOT NULL)")
    db.execute("INSERT INTO ledger_writer VALUES (lower(hex(randomblob(8))))")


def _suggestions(db: sqlite3.Connection) -> None:
    """Uses of skills whose sessions are listened to and the jobs they lead to (see improve/wishes.py); suggestions."""
    db.execute(
        "CREATE TABLE heard (agent TEXT NOT NULL, session TEXT NOT NULL, skill TEXT NOT NULL, cwd TEXT NOT NULL, "
        "tool_use TEXT NOT NULL, messages INTEGER NOT NULL, seen TEXT NOT NULL, at REAL NOT NULL, "
        "PRIMARY KEY (agent, session, skill)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE wish (id INTEGER PRIMARY KEY, event TEXT NOT NULL, agent TEXT NOT NULL, session TEXT NOT NULL, "
        "skill TEXT NOT NULL, cwd TEXT NOT NULL, tool_use TEXT NOT NULL, transcript TEXT NOT NULL, "
        "reaction TEXT NOT NULL, at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, "
        "UNIQUE (event, skill))"
    )
    db.execute(
        "CREATE TABLE suggestion (id TEXT PRIMARY KEY, url TEXT NOT NULL, path TEXT NOT NULL, skill TEXT NOT NULL, "
        "cwd TEXT NOT NULL, section TEXT NOT NULL, change TEXT NOT NULL, reason TEXT NOT NULL, plain TEXT NOT NULL, "
        "evidence TEXT NOT NULL, model TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'waiting' "
        "CHECK (status IN ('waiting', 'accepted', 'dismissed')), note TEXT NOT NULL DEFAULT '', at REAL NOT NULL, "
        "UNIQUE (url, path, plain)) WITHOUT ROWID"
    )


def _starts(db: sqlite3.Connection) -> None:
    """Sessions that started, and which skills they had in context (see state/starts.py, measure/attribution.py)."""
    db.execute(
        "CREATE TABLE session_start (agent TEXT NOT NULL, session TEXT NOT NULL, cwd TEXT NOT NULL, at REAL NOT NULL, "
        "done INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '', PRIMARY KEY (agent, session)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE attribution (session TEXT NOT NULL, agent TEXT NOT NULL, skill TEXT NOT NULL, "
        "source TEXT NOT NULL, url TEXT NOT NULL, path TEXT NOT NULL, made_by TEXT NOT NULL, tree TEXT NOT NULL, "
        "modified INTEGER NOT NULL, bucket TEXT NOT NULL, at REAL NOT NULL, "
        "PRIMARY KEY (session, skill, url, path)) WITHOUT ROWID"
    )


def _ledger_pauses(db: sqlite3.Connection) -> None:
    """Libraries that refused this machine's ledger, how often, and until when they are left alone."""
    db.execute(
        "CREATE TABLE ledger_pause (url TEXT PRIMARY KEY, refusals INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID"
    )


def _team(db: sqlite3.Connection) -> None:
    """What the ledgers of a library's refs say, by file; `tip` is what was read of a ref (see measure/team.py)."""
    db.execute(
        "CREATE TABLE team_ref (library TEXT NOT NULL, ref TEXT NOT NULL, tip TEXT NOT NULL, "
        "PRIMARY KEY (library, ref)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE team_file (id INTEGER PRIMARY KEY, library TEXT NOT NULL, ref TEXT NOT NULL, path TEXT NOT NULL, "
        "blob TEXT NOT NULL, UNIQUE (library, ref, path))"
    )
    db.execute(
        "CREATE TABLE team_row (file INTEGER NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL, "
        "tree TEXT NOT NULL, session TEXT NOT NULL, outcome TEXT NOT NULL, layer TEXT NOT NULL, "
        "modified INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (file, number)) WITHOUT ROWID"
    )


def _card_passed(db: sqlite3.Connection) -> None:
    """Changes of which a librarian said that they make no card, and why (see cards/passed.py)."""
    db.execute(
        "CREATE TABLE card_passed (code TEXT NOT NULL, model TEXT NOT NULL, oid TEXT NOT NULL, reason TEXT NOT NULL, "
        "PRIMARY KEY (code, model, oid)) WITHOUT ROWID"
    )


def _vectors(db: sqlite3.Connection) -> None:
    """Vectors of texts by the model that made them and the blob they are of (see state/vectors.py)."""
    db.execute(
        "CREATE TABLE vector (model TEXT NOT NULL, blob TEXT NOT NULL, vector BLOB NOT NULL, "
        "PRIMARY KEY (model, blob)) WITHOUT ROWID"
    )


def _card_copies(db: sqlite3.Connection) -> None:
    """Proofs of which a history has a copy, apart from those it has (see cards/verified.py): both were one list."""
    db.execute("ALTER TABLE card_tip ADD COLUMN copied BLOB NOT NULL DEFAULT x''")
    db.execute("DELETE FROM card_tip")


STATE: tuple[Migration, ...] = (
    _placements,
    _hooks,
    _sessions,
    _improvements,
    _cards,
    _ledger,
    _card_nothing,
    _suggestions,
    _starts,
    _ledger_pauses,
    _card_passed,
    _card_copies,
)
INDEX: tuple[Migration, ...] = (
    _trail,
    _search,
    _card_lines,
    _card_heads,
    _card_search,
    _team,
    _vectors,
)
