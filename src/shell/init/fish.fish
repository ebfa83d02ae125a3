# awsenv for fish: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.

# The function's own copy of a refusal, for when the program's output is missing or cut off.
# Without a scope of its own, so that it erases the caller's local variables too.
function __awsenv_refuse --no-scope-shadowing
    @REFUSAL@
end

function __awsenv_status
    return $argv[1]
end

function awsenv --no-scope-shadowing
    # Finds the verb: its place among the words, after options such as `--config FILE`.
    set -l __awsenv_at 0
    set -l __awsenv_verb ''
    set -l __awsenv_skip ''
    set -l __awsenv_count 0
    set -l __awsenv_word
    for __awsenv_word in $argv
        set __awsenv_count (math $__awsenv_count + 1)
        switch "$__awsenv_verb,$__awsenv_skip,$__awsenv_word"
            case ',x,*'
                set __awsenv_skip ''
            case ,,--config ,,--color
                set __awsenv_skip x
            case '*,,-h' '*,,--help' '*,,-V' '*,,--version' '*,,--print' '*,,--shell' '*,,--shell=*'
                # For reading, not for evaluating.
                set __awsenv_verb none
                break
            case ',,-*'
            case ',,*'
                set __awsenv_verb $__awsenv_word
                set __awsenv_at $__awsenv_count
        end
    end
    if not contains -- "$__awsenv_verb" '' none @VERBS@
        # No verb. But where a switch is meant, and something before it is wrong, the program refuses, and so must this shell.
        set __awsenv_verb none
        for __awsenv_word in $argv
            switch "$__awsenv_word"
                case --
                    break
                case use off renew
                    set __awsenv_verb use
                    set __awsenv_at 0
            end
        end
    end
    if not contains -- "$__awsenv_verb" use off renew
        command @AWSENV@ $argv
        return
    end
    # A trace would show the secrets.
    set -l fish_trace
    # At ^C, an interactive shell would drop the function and keep the old credentials.
    if status is-interactive
        function __awsenv_interrupt --on-signal INT
        end
    end
    __awsenv_apply $argv
    set -l __awsenv_exit $status
    functions -e __awsenv_interrupt
    set -q __awsenv_hooked
    and __awsenv_switched
    return $__awsenv_exit
end

function __awsenv_apply --no-scope-shadowing
    set -l __awsenv_words $argv
    if test $__awsenv_at -gt 0
        set __awsenv_words $argv[1..$__awsenv_at] --shell fish
        test $__awsenv_at -lt (count $argv)
        and set -a __awsenv_words $argv[(math $__awsenv_at + 1)..-1]
    end
    set -l __awsenv_code (command @AWSENV@ $__awsenv_words)
    set -l __awsenv_exit $status
    set -l __awsenv_fault ''
    # This end cannot stand inside a quoted value, so what ends in it is whole.
    if string match -q -- "begin; *true 'end'; end" "$__awsenv_code"; and test $__awsenv_exit -eq 0
        eval $__awsenv_code
        or set __awsenv_fault 'the shell did not take the new environment'
    else if string match -q -- "begin; *set -ql* 'end'; end" "$__awsenv_code"; and test $__awsenv_exit -ne 0
        eval $__awsenv_code
    else
        set __awsenv_fault "the program ended with status $__awsenv_exit and no complete answer"
    end
    # Proof that the switch took place: the shell holds the very context that the program printed.
    if test $__awsenv_exit -eq 0 -a -z "$__awsenv_fault"
        and string match -q -- "* AWSENV_CONTEXT '*" "$__awsenv_code"
        and not string match -q -- "* AWSENV_CONTEXT '$AWSENV_CONTEXT'; *" "$__awsenv_code"
        set __awsenv_fault 'the shell does not hold the context that was verified'
    end
    test -z "$__awsenv_fault"
    and return $__awsenv_exit
    echo "awsenv: NOT SWITCHED: $__awsenv_fault; this shell now holds no usable AWS credentials" >&2
    __awsenv_refuse
    test $__awsenv_exit -ne 0
    and return $__awsenv_exit
    return 1
end

# The prompt's hook. It starts no process while the variables that decide the state stay as they are: it keeps the record of
# its last look, and puts the segment together itself. What a state is, the program says.

# What decides, and what of it is exported; of secrets, only whether they are there.
function __awsenv_see
    set -l secrets ''
    test -n "$AWS_SECRET_ACCESS_KEY"
    and set secrets x
    test -n "$AWS_SESSION_TOKEN"
    and set secrets "$secrets"xx
    set -qx @EXPORTED@
    set -g __awsenv_held "$status|$secrets|@HELD@|@AROUND@|$AWSENV_OPT_PROMPT"
end

# Fish has no clock. Any count of seconds will do, since the record says when it was made: those since the system started,
# or since a directory was changed. A count that goes back asks for another look.
if test -r /proc/uptime
    function __awsenv_clock
        read -g -d . __awsenv_time __awsenv_rest </proc/uptime
    end
else if builtin -q path; and test -d /usr
    function __awsenv_clock
        set -g __awsenv_time (path mtime -R /usr)
    end
else
    function __awsenv_clock
        set -g __awsenv_time (command date +%s)
    end
end

# One look. Where the record is missing or incomplete, no account is named.
function __awsenv_look
    set -l enter "$__awsenv_enter"
    set -l restore "$__awsenv_restore"
    set -g __awsenv_seen $__awsenv_held
    set -g __awsenv_until 0
    set -g __awsenv_at_end keep
    set -g __awsenv_front
    set -g __awsenv_back
    set -g __awsenv_enter
    set -g __awsenv_signal
    set -g __awsenv_restore
    set -g __awsenv_pane
    set -g __awsenv_notice
    set -g AWSENV_PROMPT_STATE none
    set -g AWSENV_PROMPT_TEXT
    set -q AWS_SECRET_ACCESS_KEY
    or set -q AWS_SESSION_TOKEN
    or string match -qr '[^|]' -- "@HELD@"
    if test $status -eq 0
        set AWSENV_PROMPT_STATE unverified
        set AWSENV_PROMPT_TEXT UNVERIFIED
        set __awsenv_front ' UNVERIFIED '
        __awsenv_read (command @AWSENV@ prompt --hook --shell fish 2>/dev/null)
    end
    # Not at each look: what was there before is kept once.
    test "$enter#$restore" != "$__awsenv_enter#$__awsenv_restore"
    and __awsenv_write "$restore$__awsenv_enter"
    __awsenv_show_pane "$__awsenv_pane"
    if test "$__awsenv_until" != 0
        __awsenv_clock
        set -g __awsenv_ends (math $__awsenv_until - $__awsenv_now + $__awsenv_time)
    end
    __awsenv_compose
end

# Takes a record, whole or not at all. Nothing in it is evaluated.
function __awsenv_read
    test (count $argv) -eq 14
    and test "$argv[1],$argv[14]" = 1,end
    and string match -qr '^[0-9]+,[0-9]+$' -- "$argv[3],$argv[4]"
    or return
    set AWSENV_PROMPT_STATE $argv[2]
    set -g __awsenv_now $argv[3]
    set __awsenv_until $argv[4]
    set __awsenv_at_end $argv[5]
    set __awsenv_front $argv[6]
    set __awsenv_back $argv[7]
    set AWSENV_PROMPT_TEXT $argv[8]
    set __awsenv_enter $argv[9]
    set __awsenv_signal $argv[10]
    set __awsenv_restore $argv[11]
    set __awsenv_pane $argv[12]
    set __awsenv_notice $argv[13]
end

# The segment, with the time that is left, and until when that stays as it is.
function __awsenv_compose
    set -g AWSENV_PROMPT
    set -g __awsenv_shown
    test "$AWSENV_OPT_PROMPT" != 0
    and test -n "$__awsenv_front"
    or return
    set -l left
    if test "$__awsenv_until" != 0
        set -l seconds (math $__awsenv_ends - $__awsenv_time)
        set -l unit 60
        if test $seconds -ge 172800
            set unit 86400
            set left (math -s0 $seconds / 86400)'d '
        else if test $seconds -ge 3600
            set left (math -s0 $seconds / 3600)h(string sub -s -2 -- 0(math -s0 $seconds % 3600 / 60))' '
        else if test $seconds -ge 60
            set left (math -s0 $seconds / 60)'m '
        else
            set unit 1
            set left $seconds's '
        end
        set -g __awsenv_change (math $__awsenv_time + $seconds % $unit + 1)
    end
    set AWSENV_PROMPT "$__awsenv_front$left$__awsenv_back"
    test -z "$__awsenv_shown_by_user"
    and set __awsenv_shown "$AWSENV_PROMPT "
end

# Before each prompt.
function __awsenv_hook
    # A trace would show the secrets.
    set -l fish_trace
    __awsenv_see
    if set -q __awsenv_expected
        test "$__awsenv_expected" = "$AWSENV_CONTEXT"
        or echo 'awsenv: NOT SWITCHED: what the last switch set is gone again; this shell holds what the prompt shows' >&2
        set -e __awsenv_expected
    end
    set -l again
    if test "$__awsenv_until" != 0
        set -l before $__awsenv_time
        __awsenv_clock
        if test $__awsenv_time -ge $__awsenv_ends
            or test $__awsenv_time -lt $before
            set again 1
        else if test $__awsenv_time -ge $__awsenv_change
            __awsenv_compose
        end
    end
    if test "$again$__awsenv_seen" != "$__awsenv_held"
        __awsenv_look
        # Ended, and yet to be cleared: no tool shall fall back to other credentials.
        if test "$AWSENV_PROMPT_STATE:$__awsenv_at_end" = expired:clear
            and test "$__awsenv_until" != 0
            set -l ended $AWSENV_CONTEXT
            __awsenv_refuse
            set -gx AWSENV_EXPIRED $ended
            __awsenv_see
            __awsenv_look
        end
        test -n "$__awsenv_notice"
        and test "$__awsenv_said" != "$AWSENV_PROMPT_TEXT"
        and echo "awsenv: $__awsenv_notice" >&2
        set -g __awsenv_said $AWSENV_PROMPT_TEXT
    end
    test -n "$__awsenv_signal"
    and __awsenv_write $__awsenv_signal
end

# After `use`, `renew` and `off`.
function __awsenv_switched
    set -g __awsenv_expected "$AWSENV_CONTEXT"
    __awsenv_see
    __awsenv_look
    set -g __awsenv_said $AWSENV_PROMPT_TEXT
end

# At the end of the shell: a shell around this one goes on with what it showed before.
function __awsenv_leave
    test -n "$__awsenv_restore"
    and __awsenv_write $__awsenv_restore
    __awsenv_show_pane "$__awsenv_pane_before"
end

function __awsenv_show_pane
    test "$argv[1]" != "$__awsenv_pane_shown"
    and test -n "$TMUX"
    and test -n "$TMUX_PANE"
    or return
    set -g __awsenv_pane_shown $argv[1]
    if test -n "$argv[1]"
        command tmux set-option -p -t $TMUX_PANE @awsenv $argv[1]
    else
        command tmux set-option -pu -t $TMUX_PANE @awsenv
    end </dev/null >/dev/null 2>&1
end

function __awsenv_write
    printf %s $argv[1] >/dev/tty 2>/dev/null
end

# Puts the segment before the prompt that is there, unless that shows it itself.
function __awsenv_wrap
    functions fish_prompt | string match -q '*__awsenv_wrapped*'
    and return
    functions -e __awsenv_fish_prompt
    set -g __awsenv_shown_by_user
    if functions -q fish_prompt
        functions -c fish_prompt __awsenv_fish_prompt
        functions fish_prompt | string match -q '*AWSENV_PROMPT*'
        and set __awsenv_shown_by_user 1
    else
        function __awsenv_fish_prompt
        end
    end
    __awsenv_compose
    function fish_prompt
        set -l __awsenv_last $status
        set -g __awsenv_wrapped 1
        __awsenv_hook
        printf %s "$__awsenv_shown"
        __awsenv_status $__awsenv_last
        __awsenv_fish_prompt
    end
end

# Fish writes a title after each prompt. While the title is a signal, it shall not.
function __awsenv_wrap_title
    functions fish_title | string match -q '*__awsenv_enter*'
    and return
    functions -e __awsenv_fish_title
    functions -q fish_title
    and functions -c fish_title __awsenv_fish_title
    function fish_title
        if string match -qv '*[22;0t*' -- "$__awsenv_enter"
            and functions -q __awsenv_fish_title
            __awsenv_fish_title $argv
        end
    end
end

# Hook and completions, in interactive shells.
if status is-interactive
    set -e AWSENV_PROMPT AWSENV_PROMPT_TEXT AWSENV_PROMPT_STATE __awsenv_expected
    # The first look says nothing: a prompt may be on the screen already.
    __awsenv_see
    __awsenv_look
    set -q __awsenv_pane_before
    or set -g __awsenv_pane_before $__awsenv_pane
    set -g __awsenv_said $AWSENV_PROMPT_TEXT
    set -g __awsenv_hooked 1
    __awsenv_wrap
    __awsenv_wrap_title
    # Where somebody has put another function in its place since.
    function __awsenv_before_prompt --on-event fish_prompt
        set -q __awsenv_wrapped
        or __awsenv_wrap
        set -e __awsenv_wrapped
    end
    function __awsenv_at_exit --on-event fish_exit
        __awsenv_leave
    end
    command @AWSENV@ completions fish 2>/dev/null | source
end
