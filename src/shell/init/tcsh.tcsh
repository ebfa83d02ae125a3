# awsenv for tcsh: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.
# Tcsh has aliases in place of functions, each of one line; what goes between them is in variables named __awsenv_….

set __awsenv_program = @AWSENV@
# The alias's own copy of a refusal, for when the program's output is missing or cut off.
set __awsenv_refusal = @REFUSAL_TEXT@
set __awsenv_quote = "'"
# Tcsh cannot send a builtin's output to standard error alone.
set __awsenv_say = 'echo "awsenv: $1" >&2'
set __awsenv_tell = 'printf %s "$1" 2>/dev/null >/dev/tty'

# A trace would show the secrets, so it is off from the first word on.
alias awsenv 'set __awsenv_echo = $?echo; set __awsenv_verbose = $?verbose; unset echo verbose; set __awsenv_args = ( \!* ); eval __awsenv_call; set __awsenv_status = $status; if ( $__awsenv_verbose ) set verbose; if ( $__awsenv_echo ) set echo; ( exit $__awsenv_status )'

# `switch N` or `pass 0`: whether the output is to be evaluated, and how many words stand before the place for `--shell`.
set __awsenv_find = '"$@" 2>/dev/null; :'
alias __awsenv_call 'set __awsenv_found = ( `sh -c $__awsenv_find:q sh $__awsenv_program:q init tcsh --find -- $__awsenv_args:q` ); if ( $#__awsenv_found != 2 ) eval __awsenv_guess; eval __awsenv_$__awsenv_found[1]'
# No program. Where a switch is meant, this shell must not keep what it has.
alias __awsenv_guess 'set __awsenv_found = ( pass 0 ); if ( " $__awsenv_args " =~ "* use *" || " $__awsenv_args " =~ "* off *" || " $__awsenv_args " =~ "* renew *" ) set __awsenv_found = ( switch 0 )'
alias __awsenv_pass '$__awsenv_program:q $__awsenv_args:q'

alias __awsenv_switch 'set __awsenv_at = $__awsenv_found[2]; if ( $__awsenv_at ) eval __awsenv_place; set __awsenv_code = ( "`$__awsenv_program:q $__awsenv_args:q`" ); set __awsenv_exit = $status; eval __awsenv_take'
alias __awsenv_place '@ __awsenv_next = $__awsenv_at + 1; set __awsenv_args = ( $__awsenv_args[-$__awsenv_at]:q --shell tcsh $__awsenv_args[$__awsenv_next-]:q )'

# An emission is one quoted word behind `eval`: what ends in the quote is whole.
alias __awsenv_take 'set __awsenv_fault; eval __awsenv_judge; if ( "$__awsenv_fault" == "" ) eval $__awsenv_code:q; if ( "$__awsenv_fault" == "" && $__awsenv_exit == 0 ) eval __awsenv_prove; if ( "$__awsenv_fault" != "" ) eval __awsenv_refuse; unset __awsenv_code; eval __awsenv_hook; ( exit $__awsenv_exit )'
alias __awsenv_judge 'if ( $#__awsenv_code != 1 ) set __awsenv_code = ""; if ( "$__awsenv_code:q" !~ "eval ${__awsenv_quote}*( exit $__awsenv_exit )${__awsenv_quote}" ) set __awsenv_fault = "the program ended with status $__awsenv_exit and no complete answer"'
# Proof that the switch took place: the shell holds the very context that the program printed.
alias __awsenv_prove 'set __awsenv_held; if ( $?AWSENV_CONTEXT ) eval __awsenv_hold; if ( "$__awsenv_code:q" =~ "*setenv AWSENV_CONTEXT *" && "$__awsenv_code:q" !~ "*setenv AWSENV_CONTEXT ${__awsenv_held}; *" ) set __awsenv_fault = "the shell does not hold the context that was verified"'
# Names of variables are looked up even where a condition does not hold: hence an alias of its own.
alias __awsenv_hold 'set __awsenv_held = "$AWSENV_CONTEXT"'
alias __awsenv_refuse 'sh -c $__awsenv_say:q sh "NOT SWITCHED: $__awsenv_fault; this shell now holds no usable AWS credentials"; eval $__awsenv_refusal:q; if ( $__awsenv_exit == 0 ) set __awsenv_exit = 1'

# Before each prompt. Tcsh has no clock, and cannot see by itself what has changed: where something of AWS is set, the program
# is asked each time, which costs about a millisecond.
set __awsenv_state; set __awsenv_restore; set __awsenv_enter; set __awsenv_pane; set __awsenv_segment
alias __awsenv_hook 'set __awsenv_record; if ( @ANY@ ) eval __awsenv_look; eval __awsenv_show'
# For tcsh each line of the record begins with a dot, since the shell drops empty ones.
alias __awsenv_look 'set __awsenv_record = ( "`$__awsenv_program:q prompt --hook --shell tcsh`" ); if ( $#__awsenv_record == 14 ) eval __awsenv_check; if ( $#__awsenv_record != 14 ) set __awsenv_record = ( .1 .unverified .0 .0 .keep ". UNVERIFIED " . .UNVERIFIED . . . . . .end ); if ( "$__awsenv_record[2]" == .expired && "$__awsenv_record[5]" == .clear && $?AWSENV_CONTEXT ) eval __awsenv_clear'
alias __awsenv_check 'if ( "$__awsenv_record[1]" != .1 || "$__awsenv_record[14]" != .end ) set __awsenv_record'
alias __awsenv_clear 'set __awsenv_held = "$AWSENV_CONTEXT"; eval $__awsenv_refusal:q; setenv AWSENV_EXPIRED "$__awsenv_held"; sh -c $__awsenv_say:q sh "the credentials have ended; this shell now holds none: awsenv renew"; eval __awsenv_look'

alias __awsenv_show 'if ( $#__awsenv_record != 14 ) set __awsenv_record = ( .1 .none .0 .0 .keep . . . . . . . . .end ); if ( "$__awsenv_record[9]$__awsenv_record[11]" != "$__awsenv_enter$__awsenv_restore" ) eval __awsenv_change; if ( "$__awsenv_record[10]" != . ) sh -c $__awsenv_tell:q sh "$__awsenv_record[10]:s/.//"; if ( $?TMUX_PANE && "$__awsenv_record[12]" != "$__awsenv_pane" ) eval __awsenv_tmux; if ( "$__awsenv_record[8]" != "$__awsenv_state" && "$__awsenv_record[13]" != . ) sh -c $__awsenv_say:q sh "$__awsenv_record[13]:s/.//"; set __awsenv_state = "$__awsenv_record[8]:q"; set __awsenv_left; if ( "$__awsenv_record[4]" != .0 ) eval __awsenv_time; set __awsenv_segment; if ( "$__awsenv_record[6]" != . ) set __awsenv_segment = "$__awsenv_record[6]:s/.//$__awsenv_left$__awsenv_record[7]:s/.// "; if ( $?prompt ) eval __awsenv_prompt'
alias __awsenv_change 'if ( "$__awsenv_restore" != . && "$__awsenv_restore" != "" ) sh -c $__awsenv_tell:q sh "$__awsenv_restore:s/.//"; set __awsenv_enter = "$__awsenv_record[9]:q"; set __awsenv_restore = "$__awsenv_record[11]:q"; if ( "$__awsenv_enter" != . ) sh -c $__awsenv_tell:q sh "$__awsenv_enter:s/.//"'
alias __awsenv_tmux 'set __awsenv_pane = "$__awsenv_record[12]:q"; set __awsenv_how = -p; if ( "$__awsenv_pane" == . ) set __awsenv_how = -pu; tmux set-option $__awsenv_how -t $TMUX_PANE @awsenv "$__awsenv_pane:s/.//" >& /dev/null'
alias __awsenv_time '@ __awsenv_s = $__awsenv_record[4]:s/.// - $__awsenv_record[3]:s/.//; @ __awsenv_m = $__awsenv_s / 60; @ __awsenv_h = $__awsenv_m / 60; @ __awsenv_r = $__awsenv_m % 60; if ( $__awsenv_r < 10 ) set __awsenv_r = 0$__awsenv_r; set __awsenv_left = "${__awsenv_h}h$__awsenv_r "; if ( $__awsenv_m >= 2880 ) @ __awsenv_h = $__awsenv_h / 24; if ( $__awsenv_m >= 2880 ) set __awsenv_left = "${__awsenv_h}d "; if ( $__awsenv_m < 60 ) set __awsenv_left = "${__awsenv_m}m "; if ( $__awsenv_m < 1 ) set __awsenv_left = "${__awsenv_s}s "'
# A prompt that somebody set since is the new one that the segment goes before.
set __awsenv_shown; set __awsenv_own
alias __awsenv_prompt 'if ( "$prompt:q" != "$__awsenv_shown:q" ) set __awsenv_own = "$prompt:q"; set __awsenv_shown = "$__awsenv_segment$__awsenv_own:q"; set prompt = "$__awsenv_shown:q"'

if ( $?prompt ) then
    set __awsenv_others = "`alias precmd`"
    if ( "$__awsenv_others:q" !~ *__awsenv_hook* ) alias precmd "__awsenv_hook; $__awsenv_others:q"
endif
