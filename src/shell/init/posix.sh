# awsenv for @SHELL@: `use`, `off` and `renew` change this shell; everything else goes to the program as it is.
# To see the account in the prompt of a shell without a hook: PS1='$(command awsenv prompt --shell @SHELL@)'"$PS1"
\unalias awsenv __awsenv_refuse __awsenv_apply 2>/dev/null || :

# The function's own copy of a refusal, for when the program's output is missing or cut off.
__awsenv_refuse() @REFUSAL@

awsenv() {
  case ${1-} in
  use | off | renew) ;;
  *)
    \command @AWSENV@ ${1+"$@"}
    return
    ;;
  esac
  for __awsenv_word in "$@"; do
    case $__awsenv_word in
    -h | --help | -V | --version | --json | --print | --shell | --shell=*)
      \unset -v __awsenv_word
      \command @AWSENV@ "$@"
      return
      ;;
    esac
  done
  \unset -v __awsenv_word
  # A trace would show the secrets. Shells without `local` are among those served: hence prefixed names, unset at the end.
  __awsenv_trace=
  case $- in
  *x*) { \set +x; __awsenv_trace=x; } 2>/dev/null ;;
  esac
  case $- in
  *v*) { \set +v; __awsenv_trace=v$__awsenv_trace; } 2>/dev/null ;;
  esac
  __awsenv_apply "$@" && __awsenv_status=0 || __awsenv_status=$?
  \set -- "$__awsenv_status" "$__awsenv_trace"
  \unset -v __awsenv_status __awsenv_trace __awsenv_verb __awsenv_code __awsenv_exit __awsenv_fault
  case $2 in
  ?*) \set "-$2" ;;
  esac
  return "$1"
}

__awsenv_apply() {
  __awsenv_verb=$1
  \shift
  __awsenv_exit=0
  __awsenv_code="$(\command @AWSENV@ "$__awsenv_verb" --shell @SHELL@ ${1+"$@"})" || __awsenv_exit=$?
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
  '') return "$__awsenv_exit" ;;
  esac
  \echo "awsenv: NOT SWITCHED: $__awsenv_fault; this shell now holds no usable AWS credentials" >&2
  __awsenv_refuse || :
  case $__awsenv_exit in
  0) return 1 ;;
  esac
  return "$__awsenv_exit"
}
