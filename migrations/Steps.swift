/// The steps in order: name and SQL text, embedded from the files beside this one.
package let migrationSteps: [(name: String, sql: [UInt8])] = [
    ("m0001_initial", PackageResources.m0001_initial_sql)
]
