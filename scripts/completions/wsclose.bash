
# Completes `wsclose FILE...` as the `wsclose report FILE...` that it is, behind `help` the commands, and of a list of
# verdicts the last one. All of it is put into words that __wsclose_command completes, which is generated.
_wsclose() {
    local before=''
    case "${3}" in
    --only|--evidence-for) before="${2%"${2##*,}"}" ;;
    esac
    local -ar arguments=("${1}" "${2#"${before}"}" "${3}")

    if [[ "${COMP_CWORD}" -eq 2 && "${COMP_WORDS[1]}" = help ]]; then
        COMP_WORDS=("${COMP_WORDS[0]}" "${2}")
        COMP_CWORD=1
        __wsclose_command "${arguments[@]}"
    elif [[ "${COMP_CWORD}" -gt 1 ]] && declare -F "_wsclose_${COMP_WORDS[1]}" >/dev/null; then
        __wsclose_command "${arguments[@]}"
    else
        # The first word may become a command as well.
        [[ "${COMP_CWORD}" -gt 1 || "${2}" = -* ]] || __wsclose_command "${arguments[@]}"
        COMP_WORDS=("${COMP_WORDS[0]}" report "${COMP_WORDS[@]:1}")
        COMP_CWORD="$((COMP_CWORD + 1))"
        __wsclose_command "${arguments[@]}"
    fi
    COMPREPLY=("${COMPREPLY[@]/#/"${before}"}")
}
