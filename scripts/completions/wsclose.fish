
# Completes `wsclose FILE...` as the `wsclose report FILE...` that it is, and behind `help` the commands: put into the
# tokens that the function above goes through, which is generated. The first word may be a command, or what report takes.
function __wsclose_name_default -S
    set -l word $unparsed_tokens[2]
    if test "$word" = help -a (count $unparsed_tokens) -eq 2
        set unparsed_tokens $unparsed_tokens[1]
    else if not contains -- "$word" @commands@
        and test -n "$word" -o "$expected_commands" = 'wsclose report'
        set unparsed_tokens $unparsed_tokens[1] report $unparsed_tokens[2..]
    end
end

# The verdicts of a list, each behind those that are in it already.
function __wsclose_list_verdicts
    set -l list (commandline -t | string replace -r '^--[^=]*=' '')
    set -l before (string match -r '.*,' -- $list)
    printf '%s\n' "$before"$argv
end
