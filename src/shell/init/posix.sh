# awsenv for @SHELL@: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.
# To see the account in the prompt of a shell without a hook: PS1='$(command awsenv prompt --shell @SHELL@)'"$PS1"
\unalias awsenv __awsenv_refuse __awsenv_apply __awsenv_is_copy __awsenv_pass_on 2>/dev/null || :

# The function's own copy of a refusal, for when the program's output is missing or cut off.
__awsenv_refuse() @REFUSAL@

awsenv() {
  # Finds the verb: its place among the words, after options such as `--config FILE`.
  __awsenv_at=0 __awsenv_verb= __awsenv_skip=
  for __awsenv_word in ${1+"$@"}; do
    case $__awsenv_verb,$__awsenv_skip,$__awsenv_word in
    ,x,*) __awsenv_skip= ;;
    ,,--config | ,,--color) __awsenv_skip=x ;;
    # For reading, not for evaluating.
    *,,-h | *,,--help | *,,-V | *,,--version | *,,--print | *,,--shell | *,,--shell=*)
      __awsenv_verb=none
      break
      ;;
    ,,-*) ;;
    ,,*) __awsenv_verb=$__awsenv_word ;;
    *) continue ;;
    esac
    case $__awsenv_verb in
    '') __awsenv_at=$((__awsenv_at + 1)) ;;
    esac
  done
  case $__awsenv_verb in
  '' | none | @VERBS@) ;;
  *)
    # No verb. But where a switch is meant, and something before it is wrong, the program refuses, and so must this shell.
    __awsenv_verb=none
    for __awsenv_word in ${1+"$@"}; do
      case $__awsenv_word in
      --) break ;;
      use | off | renew) __awsenv_verb=use __awsenv_at=-1 ;;
      esac
    done
    ;;
  esac
  case $__awsenv_verb in
  use | off | renew) ;;
  *)
    \unset -v __awsenv_at __awsenv_verb __awsenv_skip __awsenv_word
    \command @AWSENV@ ${1+"$@"}
    return
    ;;
  esac
  # A trace would show the secrets. Shells without `local` are among those served: hence prefixed names, unset at the end.
  __awsenv_trace=
  case $- in
  *x*) { \set +x; __awsenv_trace=x; } 2>/dev/null ;;
  esac
  case $- in
  *v*) { \set +v; __awsenv_trace=v$__awsenv_trace; } 2>/dev/null ;;
  esac
  # An interactive shell would drop the function at ^C and keep the old credentials. (Dash and mksh do not tell which
  # traps are set: there, an INT trap of the user's own is gone afterwards.)
  case $- in
  *i*)
    case ${BASH_VERSION-}${KSH_VERSION-} in
    [0-9]*) __awsenv_traps="$(\trap -p INT)" ;;
    *) __awsenv_traps="$(\trap)" ;;
    esac
    \trap : INT
    ;;
  esac
  __awsenv_apply "$@" && __awsenv_status=0 || __awsenv_status=$?
  if __awsenv_is_copy; then
    __awsenv_pass_on ||
      \echo 'awsenv: this was a copy of the shell (parentheses or a pipeline): the shell itself is where it was' >&2
  else
    # With `set -a`, a shell around this one may have exported it.
    case ${__awsenv_hooked-} in
    "$$") __awsenv_switched ;;
    esac
  fi
  case $- in
  *i*)
    \trap - INT
    \eval "$__awsenv_traps"
    ;;
  esac
  \set -- "$__awsenv_status" "$__awsenv_trace"
  \unset -v __awsenv_status __awsenv_trace __awsenv_traps __awsenv_code __awsenv_exit __awsenv_fault \
    __awsenv_at __awsenv_verb __awsenv_skip __awsenv_word
  case $2 in
  ?*) \set "-$2" ;;
  esac
  return "$1"
}

__awsenv_apply() {
  # Turns the list of words once around, and adds the shell behind the verb.
  for __awsenv_word in "$@"; do
    \shift
    \set -- ${1+"$@"} "$__awsenv_word"
    case $__awsenv_at in
    0) \set -- "$@" --shell @SHELL@ ;;
    esac
    __awsenv_at=$((__awsenv_at - 1))
  done
  __awsenv_exit=0
  __awsenv_code="$(\command @AWSENV@ "$@")" || __awsenv_exit=$?
  __awsenv_fault=
  # These ends cannot stand inside a quoted value, so what ends in one is whole.
  case $__awsenv_exit:$__awsenv_code in
  "0:{ "*": 'end'; (exit 0); else (exit 1); fi; }" | "$__awsenv_exit:{ "*": 'end'; (exit $__awsenv_exit); }")
    \eval "$__awsenv_code" || case $__awsenv_exit in
    0) __awsenv_fault='the shell did not take the new environment' ;;
    esac
    ;;
  *) __awsenv_fault="the program ended with status $__awsenv_exit and no complete answer" ;;
  esac
  # Proof that the switch took place: the shell holds the very context that the program printed.
  case $__awsenv_exit:$__awsenv_fault:$__awsenv_code in
  0::*" AWSENV_CONTEXT='${AWSENV_CONTEXT-}'; "*) ;;
  0::*" AWSENV_CONTEXT='"*) __awsenv_fault='the shell does not hold the context that was verified' ;;
  esac
  case $__awsenv_fault in
  ?*)
    \echo "awsenv: NOT SWITCHED: $__awsenv_fault; this shell now holds no usable AWS credentials" >&2
    __awsenv_refuse || :
    __awsenv_code=@REFUSAL_TEXT@
    case $__awsenv_exit in
    0) __awsenv_exit=1 ;;
    esac
    ;;
  esac
  return "$__awsenv_exit"
}

# True in a copy of the shell: in parentheses, in a pipeline, in a command substitution.
__awsenv_is_copy() {
  case ${BASH_VERSION:+bash}${KSH_VERSION-} in
  bash*) \[ "$BASH_SUBSHELL" -gt 0 ] ;;
  # Ksh93 makes no process for a copy.
  Version*) \eval '\[ "${.sh.subshell}" -gt 0 ]' ;;
  *MIRBSD*) \[ "$BASHPID" != "$$" ] ;;
  *) \[ "$(\exec /bin/sh -c 'echo "$PPID"')" != "$$" ] ;;
  esac
}

# In `eval "$(awsenv use …)"` it is the shell outside that must change, and this function runs in a copy of it: the code
# goes on to standard output too, as the program itself would print it. Only where that shell itself reads it: never into a
# log, as in `(awsenv use …; …) | tee log`. Where that cannot be told, a refusal goes on, which holds no secret.
__awsenv_pass_on() {
  if \[ -t 1 ]; then return 1; fi
  # The process that this is, and the one above it.
  __awsenv_word="$(\exec /bin/sh -c '
    { read -r line <"/proc/$PPID/stat"; } 2>/dev/null
    set -- ${line##*") "}
    echo "$PPID ${2-}"
  ')"
  case ${__awsenv_word%% *} in
  # Ksh93 makes no process for a copy.
  "$$") __awsenv_word=$$ ;;
  *) __awsenv_word=${__awsenv_word##* } ;;
  esac
  { __awsenv_verb="$(\command readlink /proc/self/fd/3 2>/dev/null)"; } 3>&1 || :
  case $__awsenv_verb in
  # Ksh93 takes a command's output through a file that has no name any more.
  pipe:* | socket:* | */sf*' (deleted)')
    case "$(\command ls -l "/proc/$__awsenv_word/fd" 2>/dev/null)" in
    *" -> $__awsenv_verb"*) ;;
    *) return 1 ;;
    esac
    ;;
  '') __awsenv_code=@REFUSAL_TEXT@ ;;
  *) return 1 ;;
  esac
  # By a builtin, whose arguments nobody sees.
  case ${KSH_VERSION-} in
  ?*) \print -r -- "$__awsenv_code" ;;
  *) \printf '%s\n' "$__awsenv_code" ;;
  esac
}
