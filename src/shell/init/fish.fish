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

# Prompt and completions, in interactive shells.
if status is-interactive
    if not functions fish_prompt | string match -q '*__awsenv_segment*'
        functions -e __awsenv_fish_prompt
        functions -q fish_prompt
        and functions -c fish_prompt __awsenv_fish_prompt
        function fish_prompt
            set -l __awsenv_last $status
            if test "$AWSENV_OPT_PROMPT" != 0
                and begin
                    set -q AWSENV_CONTEXT
                    or set -q AWS_ACCESS_KEY_ID
                    or set -q AWS_SECRET_ACCESS_KEY
                    or set -q AWS_SESSION_TOKEN
                    or set -q AWS_PROFILE
                    or set -q AWS_DEFAULT_PROFILE
                    or set -q AWS_VAULT
                    or set -q AWS_WEB_IDENTITY_TOKEN_FILE
                    or set -q AWS_CONTAINER_CREDENTIALS_FULL_URI
                    or set -q AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
                end
                set -l __awsenv_segment (command @AWSENV@ prompt --shell fish 2>/dev/null)
                test -n "$__awsenv_segment"
                and printf '%s ' "$__awsenv_segment"
            end
            if functions -q __awsenv_fish_prompt
                __awsenv_status $__awsenv_last
                __awsenv_fish_prompt
            end
        end
    end
    command @AWSENV@ completions fish 2>/dev/null | source
end
