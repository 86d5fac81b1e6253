import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.kotlin.jvm)
    `java-library`
}

java {
    sourceCompatibility = JavaVersion.VERSION_17
    targetCompatibility = JavaVersion.VERSION_17
}

kotlin {
    compilerOptions.jvmTarget = JvmTarget.JVM_17
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
