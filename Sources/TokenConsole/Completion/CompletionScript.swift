internal import TokenLifecycle

/// The scripts: as little as each shell needs to ask `__complete` and show the answer. What there is to complete, they
/// do not know, so an old script goes on working with a new tokenctl.
enum CompletionScript {
    enum Shell: String, CaseIterable, Sendable { case bash, zsh, fish }

    /// A line of an answer that leaves the word to the shell's own completion of files.
    static let files = ":files"

    /// One line of an answer. bash inserts what it is given as it is, so there the value comes quoted; zsh and fish quote,
    /// and show notes beside values.
    static func text(of offer: Offer, for shell: Shell) -> String {
        switch shell {
        case .bash: quoted(offer.value)
        case .zsh, .fish: offer.note.isEmpty ? offer.value : "\(offer.value)\t\(offer.note)"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let isPlain =
                !scalar.isASCII || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "-_./@%+:,=".unicodeScalars.contains(scalar)
            if !isPlain { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    static let bash = #"""
        # bash completion for tokenctl
        _tokenctl() {
            local line=${COMP_LINE:0:COMP_POINT} word answer
            COMPREPLY=()
            word=${line##*[[:space:]]}
            # Inside quotes and behind a backslash readline and we count words differently.
            [[ $word == *[\'\"\\]* ]] && return
            mapfile -t answer < <("$1" __complete bash 2>/dev/null <<<"$line")
            if [[ ${answer[0]} == ':files' ]]; then
                compopt -o default
                return
            fi
            # readline replaces only what follows the last of : = @ in the word.
            local before=$((${#word} - ${#2})) offer
            for offer in "${answer[@]}"; do
                COMPREPLY+=("${offer:before}")
            done
        }
        complete -F _tokenctl tokenctl

        """#

    static let zsh = #"""
        #compdef tokenctl
        # zsh completion for tokenctl
        _tokenctl() {
            local value note
            local -a values shown
            while IFS=$'\t' read -r value note; do
                if [[ $value == ':files' ]]; then
                    _files
                    return
                fi
                values+=("$value")
                shown+=("$value${note:+  ($note)}")
            done < <(print -r -- "${(j: :)words[1,CURRENT-1]} $PREFIX" | command "${words[1]}" __complete zsh 2>/dev/null)
            (( $#values )) && compadd -l -d shown -a values
        }
        if [[ $funcstack[1] == _tokenctl ]]; then
            _tokenctl "$@"
        else
            compdef _tokenctl tokenctl
        fi

        """#

    static let fish = #"""
        # fish completion for tokenctl
        function __tokenctl_complete
            set -l answer (commandline -cp | command tokenctl __complete fish 2>/dev/null)
            if test "$answer[1]" = ':files'
                __fish_complete_path (commandline -ct)
            else if set -q answer[1]
                printf '%s\n' $answer
            end
        end
        complete -c tokenctl -f -a '(__tokenctl_complete)'

        """#
}
