"""The project that Xcode opens, as pbxproj reads it."""

import re
from typing import Any

from pbxproj import XcodeProject
from swift_code import IOS_DEMO

from benchmarks.devices.ios import BUNDLE
from convert.plan.apps import APPS

FILE = IOS_DEMO / "Pix2Phone.xcodeproj" / "project.pbxproj"
REFERENCE = re.compile(r"\b[0-9A-F]{24}\b")


def project() -> Any:
    return XcodeProject.load(str(FILE))


def settings(name: str) -> list[str]:
    """The settings of each configuration of the app."""
    configurations = project().objects.get_configurations_on_targets("Pix2Phone")
    return [configuration.buildSettings[name].strip('"') for configuration in configurations]


def test_every_reference_leads_somewhere() -> None:
    keys = set(project().objects.get_keys())
    assert set(REFERENCE.findall(FILE.read_text())) == keys
    assert project().rootObject in keys


def test_the_folder_that_xcode_keeps_in_step() -> None:
    objects = project().objects
    (target,) = objects.get_targets()
    (folder,) = (objects[key] for key in target.fileSystemSynchronizedGroups)
    assert (folder.isa, folder.path) == ("PBXFileSystemSynchronizedRootGroup", "App")
    assert (IOS_DEMO / folder.path / "Pix2PhoneApp.swift").is_file()
    models = APPS["ios"].models
    assert models and models.is_relative_to(IOS_DEMO / folder.path)


def test_the_package_that_it_takes_in() -> None:
    objects = project().objects
    (package,) = objects.get_objects_in_section("XCLocalSwiftPackageReference")
    (product,) = objects.get_objects_in_section("XCSwiftPackageProductDependency")
    manifest = (IOS_DEMO / package.relativePath / "Package.swift").read_text()
    assert f'.library(name: "{product.productName}"' in manifest
    (used,) = objects.get_objects_in_section("PBXBuildFile")
    assert used.productRef == product.get_id()


def test_the_app_as_the_phone_and_the_desk_know_it() -> None:
    assert settings("PRODUCT_BUNDLE_IDENTIFIER") == [BUNDLE, BUNDLE]
    for name in ("NSCameraUsageDescription", "NSPhotoLibraryAddUsageDescription"):
        assert all(text.endswith(".") for text in settings(f"INFOPLIST_KEY_{name}"))
    for way in ("Portrait", "LandscapeLeft", "LandscapeRight"):
        assert all(way in text for text in settings("INFOPLIST_KEY_UISupportedInterfaceOrientations_iPhone"))
    assert "16.0" in {text for text in re.findall(r"IPHONEOS_DEPLOYMENT_TARGET = ([\d.]+)", FILE.read_text())}
    assert settings("COREML_CODEGEN_LANGUAGE") == ["None", "None"]  # classes named after files would clash
    (icon,) = set(settings("ASSETCATALOG_COMPILER_APPICON_NAME"))
    assert (IOS_DEMO / "App" / "Assets.xcassets" / f"{icon}.appiconset" / "icon.png").is_file()
