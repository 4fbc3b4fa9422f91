internal import ArgumentParser
internal import CReadline
internal import TokenLifecycle
package func c() {}
