# awsenv: completions for PowerShell. The program reads files only, and quotes each word for this command line.
Register-ArgumentCompleter -Native -CommandName awsenv -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words as they stand: none of them is evaluated.
    $words = @(
        foreach ($element in $commandAst.CommandElements) {
            if ($element.Extent.StartOffset -ge $cursorPosition) { break }
            if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value }
            else { $element.Extent.Text }
        }
    )
    # An empty argument would be lost on the way: the program adds it, where there are fewer words than this.
    $index = if ($wordToComplete -eq '') { $words.Count } else { $words.Count - 1 }
    $program = Get-Command @AWSENV@ -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $program) { return }
    $before = $env:@VARIABLE@, $env:@VARIABLE@_INDEX
    try {
        $env:@VARIABLE@ = 'powershell'
        $env:@VARIABLE@_INDEX = "$index"
        $lines = & $program -- @words 2>$null
    } finally {
        $env:@VARIABLE@, $env:@VARIABLE@_INDEX = $before
    }
    foreach ($line in $lines) {
        $value, $help = $line -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
