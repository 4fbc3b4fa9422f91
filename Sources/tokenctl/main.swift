internal import Glibc
internal import TokenConsole

exit(Launch.run(Array(CommandLine.arguments.dropFirst())))
