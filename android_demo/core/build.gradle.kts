plugins {
    alias(libs.plugins.kotlin.jvm)
    `java-library`
}

kotlin {
    jvmToolchain(17)
    compilerOptions.allWarningsAsErrors = true
}

dependencies {
    api(libs.serialization.json) // a run as JSON is part of what core gives
    testImplementation(libs.junit)
}

tasks.test {
    systemProperty("golden", rootDir.resolve("../tests/golden"))
    systemProperty("out", temporaryDir)
    inputs.dir(rootDir.resolve("../tests/golden"))
}
