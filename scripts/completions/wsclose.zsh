
# Completes `wsclose FILE...` as the `wsclose report FILE...` that it is, and behind `help` the commands: put into words
# that __wsclose_command completes, which is generated.
_wsclose() {
    local -i ret=1
    if [[ "${CURRENT}" -eq 3 && "${words[2]}" = help ]]; then
        words[2]=()
        CURRENT=2
        __wsclose_command && ret=0
    elif [[ "${CURRENT}" -gt 2 && "${+functions[_wsclose_${words[2]}]}" -eq 1 ]]; then
        __wsclose_command && ret=0
    else
        # The first word may become a command as well.
        [[ "${CURRENT}" -gt 2 || "${words[2]}" = -* ]] || { __wsclose_command && ret=0; }
        words[2]=(report "${words[2]}")
        CURRENT="$((CURRENT + 1))"
        __wsclose_command && ret=0
    fi
    return "${ret}"
}
