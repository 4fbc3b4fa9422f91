internal import TokenConsole
c()
