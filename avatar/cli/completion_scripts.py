"""The shells' part of completion: they hand avatar the words that stand after its name, and show what it answers.

@RUN@ is the run of a checkout, quoted, or nothing. A `run` of another project is left to the shell's own completion of files, and
where avatar's environment is not made, nothing is made for the sake of a word.
"""

BASH = r"""# avatar's completion for bash
_avatar_answer() { # PROGRAM…: completes $_avatar_typed (the words, one a line), of which $_avatar_at is the one in work
    local type value names=() files= typed=${COMP_WORDS[COMP_CWORD]}
    [[ $typed != '=' ]] || typed=
    while IFS=, read -r type value; do
        case $type in
            plain) names+=("$value") ;;
            file|dir) files=1 ;;
        esac
    done < <(env COMP_WORDS="$_avatar_typed" COMP_CWORD="$_avatar_at" _AVATAR_COMPLETE=bash_complete "$@" 2>/dev/null)
    COMPREPLY=("${names[@]}")
    if [[ $files && ${#names[@]} -gt 0 ]]; then
        compopt -o filenames
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$typed")
    elif [[ $files ]]; then
        compopt -o default
    fi
}

_avatar_completion() {
    local IFS=$'\n' _avatar_typed _avatar_at=$COMP_CWORD run=@RUN@
    _avatar_typed="${COMP_WORDS[*]}"
    if [[ -z $run || -n $(type -P -- "$1") ]]; then _avatar_answer "$1"; else _avatar_answer "$run" avatar; fi
}

_avatar_run_completion() { # run [--base|--test|--full|--pocket] avatar …
    local IFS=$'\n' _avatar_typed _avatar_at run=@RUN@ layer=() at=1 word=${COMP_WORDS[COMP_CWORD]}
    if [[ ! ${COMP_WORDS[0]/#\~/$HOME} -ef $run ]]; then compopt -o bashdefault -o default; return; fi
    case ${COMP_WORDS[1]-} in --base|--test|--full|--pocket) (( COMP_CWORD > 1 )) && { layer=("${COMP_WORDS[1]}"); at=2; } ;; esac
    if (( COMP_CWORD == at )); then
        COMPREPLY=($(compgen -W $'avatar\n--base\n--test\n--full\n--pocket' -- "$word"))
    elif [[ ${COMP_WORDS[at]} == avatar ]]; then
        _avatar_typed="${COMP_WORDS[*]:at}" _avatar_at=$(( COMP_CWORD - at ))
        _avatar_answer "$run" "${layer[@]}" avatar
    else
        compopt -o default
    fi
}

complete -o nosort -F _avatar_completion avatar
[[ -z @RUN@ ]] || complete -o nosort -F _avatar_run_completion run @RUN@
"""

ZSH = r"""#compdef avatar
# avatar's completion for zsh
_avatar_answer() { # PROGRAM…: completes $typed (the words), of which $at, counted from 0, is the one in work
    local -a names described answer
    local type value told files=
    answer=("${(@f)$(env COMP_WORDS="${(F)typed}" COMP_CWORD=$at _AVATAR_COMPLETE=zsh_complete "$@" 2>/dev/null)}")
    for type value told in "${answer[@]}"; do
        case $type in
            plain) if [[ $told == _ ]]; then names+=("$value"); else described+=("$value:$told"); fi ;;
            file|dir) files=1 ;;
        esac
    done
    [[ $PREFIX != --*=* ]] || compset -P 1 '*='
    (( ! $#described )) || _describe -V unsorted described
    (( ! $#names )) || compadd -V unsorted -a names
    [[ -z $files ]] || _files
}

_avatar_completion() {
    local -a typed=("${words[@]}")
    local at=$(( CURRENT - 1 )) run=@RUN@
    if [[ -z $run ]] || whence -p -- "${words[1]}" >/dev/null; then _avatar_answer "${words[1]}"; else _avatar_answer "$run" avatar; fi
}

_avatar_run_completion() { # run [--base|--test|--full|--pocket] avatar …
    local -a typed layer
    local at=2 run=@RUN@ named=${words[1]/#\~/$HOME}
    if [[ ! $named -ef $run ]]; then _files; return; fi
    if [[ $CURRENT -gt 2 && ${words[2]} == (--base|--test|--full|--pocket) ]]; then layer=("${words[2]}"); at=3; fi
    if (( CURRENT == at )); then
        compadd -- avatar --base --test --full --pocket
    elif [[ ${words[at]} == avatar ]]; then
        typed=("${words[@]:$(( at - 1 ))}")
        at=$(( CURRENT - at ))
        _avatar_answer "$run" "${layer[@]}" avatar
    else
        _files
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _avatar_completion "$@"
else
    compdef _avatar_completion avatar
    [[ -z @RUN@ ]] || compdef _avatar_run_completion run @RUN@
fi
"""

FISH = r"""# avatar's completion for fish
function __avatar_answer # WORDS BEFORE | PROGRAM…: completes the word in work
    set -l word (commandline -ct)
    set -l option (string match -r -- '^--[^=]+=' $word)
    for each in (env COMP_WORDS=$argv[1] COMP_CWORD=$word _AVATAR_COMPLETE=fish_complete $argv[2..] 2>/dev/null)
        set -l told (string split -m 1 -- , $each)
        switch $told[1]
            case plain
                printf '%s%s\n' "$option" $told[2]
            case file dir
                __fish_complete_path (string replace -r -- '^--[^=]+=' '' "$word")
        end
    end
end

function __avatar_completion
    set -l before (commandline -opc)
    set -l run @RUN@
    if test -z "$run"; or type -q -f -- $before[1]
        __avatar_answer (string join -- ' ' (string escape -- $before)) $before[1]
    else
        __avatar_answer (string join -- ' ' (string escape -- $before)) $run avatar
    end
end

function __avatar_run_completion # run [--base|--test|--full|--pocket] avatar …
    set -l before (commandline -opc)
    set -l run @RUN@
    set -l named (string replace -r -- '^~' $HOME $before[1])
    if test (realpath -- $named 2>/dev/null) != (realpath -- $run) 2>/dev/null
        __fish_complete_path (commandline -ct)
        return
    end
    set -e before[1]
    set -l layer
    if contains -- "$before[1]" --base --test --full --pocket
        set layer $before[1]
        set -e before[1]
    end
    if test (count $before) -eq 0
        printf '%s\n' avatar --base --test --full --pocket
    else if test $before[1] = avatar
        __avatar_answer (string join -- ' ' (string escape -- $before)) $run $layer avatar
    else
        __fish_complete_path (commandline -ct)
    end
end

complete --no-files --command avatar --arguments '(__avatar_completion)'
if test -n @RUN@
    complete --no-files --command run --arguments '(__avatar_run_completion)'
end
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
