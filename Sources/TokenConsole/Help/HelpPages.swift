/// The pages that no table holds.
extension HelpTopic {
    static let filtersPage = """
        --user NAME --client ID   exact, or with * for any text: 'al*', '*@example.org'
        --ip ADDR|CIDR            198.51.100.7, 203.0.113.0/24, 2001:db8::/32
        --device TEXT --key KID --state STATE|all
        --since TIME --until TIME when it began: 2026-01-31, 2026-01-31T08:00:00Z, 2h (ago)
        --idle-over DUR           not seen for longer
        --expires-within DUR      about to end
        --not-user --not-client   all but these

        One flag several times means any of them, different flags all of them:
          tokenctl session list --user alice --user bob --client web
        Lists show what is alive; --state all shows everything. A * in front and --not-* look at every row, and say so.
        Acts take the same filters as lists, so look first:
          tokenctl session list --ip 203.0.113.0/24
          tokenctl session revoke --ip 203.0.113.0/24 --reason INC-481
        """

    static let outputPage = """
        -o FORMAT, or TOKENCTL_OUTPUT, or in the shell 'set output FORMAT':
          table      on a terminal; at most 100 rows unless --limit asks for more
          wide       more columns          vertical   a block of lines a record
          json       one object            ndjson     a record a line
          csv tsv    with a header         id         an id a line

        --columns a,b   by their JSON names (an unknown one is answered with all there are)
        --no-header --color auto|always|never --time relative|iso|unix
        --limit N       at most so many; --after CURSOR goes on where a page ended
        --sort COL:desc --count --fail-empty
        -q no notes; -v more; --json the same as -o json, also for errors

        Results go to standard output, notes, previews and errors to standard error.
        """

    static let actsPage = """
        The more an act ends, the more it asks for:
          one session, a planned rotation, cleanup     nothing
          2-25 sessions, a user, one rule              [y/N], or --yes; and --reason TEXT
          more, a client, everyone, a key              type the count or the name, or --yes with
                                                       --confirm WORD, --expect-count N or --max-affected N;
                                                       and --reason TEXT
        -n, --dry-run    show what would happen, change nothing
        --reason TEXT    kept in the audit record (else TOKENCTL_REASON)
        --read-only      refuse every act

        A guard that does not hold ends in 5 and changes nothing. Each act is one transaction: Ctrl-C takes it back. Only
        cleanup works in steps; Ctrl-C ends it after a whole one, and the next goes on.
        What was ended already is 'unchanged', with when, by whom and why.
        """

    static let secretsPage = """
        In: from standard input ('-'), a file, or a prompt that does not show what is typed. Never as an argument: one that
        looks like a token or a key is refused (64), not repeated and not kept.
          tokenctl token inspect - < file
        Out: once, alone on standard output, where it is made. The store keeps hashes, and private keys sealed.
        The master key: --master-key, TOKENCTL_MASTER_KEY_FILE, the systemd credential tokenctl.master-key,
        $XDG_CONFIG_HOME/tokenctl/master.key. Listing, revoking, denying and cleanup work without it.
        """

    static let shellPage = """
        A line is a command without 'tokenctl': session list --user alice
          ;  between commands     #  the rest is a comment     ' " \\  quote

        @2, @1-4, @all      rows of the last listing, by the ids they had: session revoke @2
        Tab                 completes words, options, ids, users, clients, keys, rows
        Ctrl-R              searches what was typed          Ctrl-L   clears the screen
        Ctrl-C              clears the line, or ends what runs: an act is taken back, a cleanup ends after a whole step
        Ctrl-D, exit        leave

        set output|time|columns|pager VALUE   for the lines that follow; 'default' takes it back, 'set' shows all
        watch [DUR] COMMAND                   repeats a reading command, every 2s unless told
        source FILE                           runs its lines

        The prompt shows the database, [ro] with --read-only, and how the last command ended where that is not 0.
        A line that begins with a blank, or holds anything like a secret, is not kept in the history.
        A paste of several lines is shown and asked about before it runs.

        Scripts: tokenctl shell < FILE, --file FILE, -c COMMAND. The first command that does not end in 0 ends the script with
        its code, and errors say where they are (stdin:3:); --keep-going does all lines, and ends in 7 if one failed.
        """
}
