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
    switch "$argv[1]"
        case use off renew
            for __awsenv_word in $argv
                switch "$__awsenv_word"
                    case -h --help -V --version --json --print --shell '--shell=*'
                        command @AWSENV@ $argv
                        return
                end
            end
        case '*'
            command @AWSENV@ $argv
            return
    end
    # A trace would show the secrets.
    set -l fish_trace
    set -l __awsenv_code (command @AWSENV@ $argv[1] --shell fish $argv[2..-1])
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
