# awsenv for nushell: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.

# The command's own copy of a refusal, for when the program's output is missing or cut off.
def __awsenv_refusal [] { @REFUSAL_TEXT@ }

# Applies `{"set": {...}, "status": N, "unset": [...]}`: data, never code.
def --env __awsenv_apply [change: record] {
    hide-env --ignore-errors ...$change.unset
    load-env $change.set
}

# The change that the program printed, or nothing where it is missing, cut off, or of another status.
def __awsenv_change [text: string, status: int] {
    let change = (try { $text | from json } catch { null })
    if ($change | describe --detailed | get type) != record { return null }
    if ($change | columns | sort) != [set status unset] or $change.status != $status { return null }
    $change
}

# The variables that the last look depends on; of the secret ones only whether they are there.
def __awsenv_fingerprint [] {
    let held = ([@WATCHED@] | where {|name| $name in $env } | each {|name| [$name ($env | get $name)] })
    let secret = ([AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN] | where {|name| $name in $env })
    # What changes what is said, where there is something to say.
    let beside = ([@BESIDE@] | where {|name| $name in $env } | each {|name| [$name ($env | get $name)] })
    if ($held | is-empty) and ($secret | is-empty) { [] } else { [$held $secret $beside] }
}

def __awsenv_tty [text: string] {
    if $text != '' { try { $text | save --append --raw /dev/tty } }
}

# Asks the program once what the environment amounts to.
def --env __awsenv_look [] {
    let seen = (__awsenv_fingerprint)
    let old = ($env.__awsenv?.record? | default ('' | split row "\n" | append (1..13 | each { '' })))
    let nothing = ($seen | is-empty)
    let lines = if $nothing { [] } else {
        try { ^@AWSENV@ prompt --hook --shell nu err> /dev/null | lines } catch { [] }
    }
    # A record that was cut off shows no account.
    let record = if $nothing { 1..14 | each { '' } } else if ($lines | length) == 14 and $lines.0 == '1' and $lines.13 == 'end' {
        $lines
    } else {
        ['1' unverified '0' '0' keep ' UNVERIFIED ' '' UNVERIFIED '' '' '' '' '' end]
    }
    if $old.8 != $record.8 or $old.10 != $record.10 {
        __awsenv_tty $old.10
        __awsenv_tty $record.8
    }
    if 'TMUX_PANE' in $env and $old.11 != $record.11 {
        try {
            if $record.11 == '' {
                ^tmux set-option -pu -t $env.TMUX_PANE '@awsenv'
            } else {
                ^tmux set-option -p -t $env.TMUX_PANE '@awsenv' $record.11
            }
        }
    }
    if $record.12 != '' { print --stderr $"awsenv: ($record.12)" }
    # A record of nushell's is no environment variable to other programs.
    $env.__awsenv = {seen: $seen, record: $record}
}

# Runs before each prompt. Starts no program while nothing changes.
def --env __awsenv_hook [] {
    let until = ($env.__awsenv?.record?.3? | default '0' | default --empty '0' | into int)
    let now = ((date now | into int) // 1_000_000_000)
    if $env.__awsenv?.seen? != (__awsenv_fingerprint) or ($until > 0 and $now >= $until) {
        __awsenv_look
        if $env.__awsenv.record.1 == 'expired' and $env.__awsenv.record.4 == 'clear' and 'AWSENV_CONTEXT' in $env {
            let ended = $env.AWSENV_CONTEXT
            __awsenv_apply (__awsenv_refusal | from json)
            $env.AWSENV_EXPIRED = $ended
            print --stderr 'awsenv: the credentials have ended; this shell now holds none: awsenv renew'
            __awsenv_look
        }
    }
    __awsenv_tty $env.__awsenv.record.9
}

# The segment for the prompt, with the time that is left.
def __awsenv_segment [] {
    let record = ($env.__awsenv?.record? | default [])
    if ($record | length) != 14 or $record.5 == '' { return '' }
    let until = ($record.3 | into int)
    let left = if $until == 0 { '' } else {
        let seconds = ([($until - ((date now | into int) // 1_000_000_000)) 0] | math max)
        let minutes = $seconds // 60
        if $minutes == 0 { $"($seconds)s " } else if $minutes < 60 { $"($minutes)m " } else if $minutes < 2880 {
            $"($minutes // 60)h($minutes mod 60 | fill --alignment right --character '0' --width 2) "
        } else { $"($minutes // 1440)d " }
    }
    $record.5 + $left + $record.6 + ' '
}

def --env --wrapped awsenv [...args: string] {
    # `switch N`: the output is to be applied, and N words stand before the place for `--shell nu`.
    let found = (try { ^@AWSENV@ init nu --find -- ...$args err> /dev/null | split words } catch { [] })
    # No program. Where a switch is meant, this shell must not keep what it has.
    let found = if ($found | length) == 2 { $found } else if ($args | any {|arg| $arg in [use off renew] }) {
        [switch '0']
    } else { [pass '0'] }
    if $found.0 == 'pass' {
        ^@AWSENV@ ...$args
    } else {
        let at = ($found.1 | into int)
        let words = if $at > 0 { ($args | first $at) ++ [--shell nu] ++ ($args | skip $at) } else { $args }
        # Standard error stays the terminal's.
        let answer = (try {
            ^@AWSENV@ ...$words e>> /dev/stderr | complete
        } catch { {stdout: '', exit_code: 127} })
        let change = (__awsenv_change $answer.stdout $answer.exit_code)
        # Proof that the switch took place: the shell holds the very values that the program printed.
        if $change != null { try { __awsenv_apply $change } catch { } }
        let fault = if $change == null {
            $"the program ended with status ($answer.exit_code) and no complete answer"
        } else if ($change.set | transpose name value | all {|it| ($env | get --optional $it.name) == $it.value }) {
            ''
        } else { 'the shell did not take the new environment' }
        let status = if $fault != '' and $answer.exit_code == 0 { 1 } else { $answer.exit_code }
        if $fault != '' {
            print --stderr $"awsenv: NOT SWITCHED: ($fault); this shell now holds no usable AWS credentials"
            __awsenv_apply (__awsenv_refusal | from json)
        }
        __awsenv_hook
        # Not an error: nushell would take the poison back with it.
        $env.LAST_EXIT_CODE = $status
    }
}

# Into the interactive shell.
if $nu.is-interactive {
    $env.config.hooks.pre_prompt = ($env.config.hooks.pre_prompt? | default [] | append {|| __awsenv_hook })
    if $env.AWSENV_OPT_PROMPT? != '0' {
        let others = $env.PROMPT_COMMAND?
        $env.PROMPT_COMMAND = {||
            let rest = if ($others | describe) == closure { do $others } else { $others | default '' }
            (__awsenv_segment) + $rest
        }
    }
}
